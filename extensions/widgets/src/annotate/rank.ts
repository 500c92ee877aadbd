// Putting candidates in order, the best first: their keys in that order.

import { h } from '../dom';
import { type IShown, type Label } from './protocol';
import { type Help, type IHost, type ITool, type MakeTool } from './tool';

interface ICandidate {
  id: string;
  text: string;
}

class Rank implements ITool {
  readonly panel = h('ol', { class: 'wb-anno-rank' });
  readonly startsWithSuggestion = true;
  readonly help: Help = [
    ['1 2 3 …', 'the next best one'],
    ['Backspace', 'take the last one back'],
    ['Enter', 'this order, next item']
  ];
  private _candidates: ICandidate[] = [];
  private _order: string[] = [];

  constructor(private _host: IHost) {}

  show(item: IShown, _stage: HTMLElement, label: Label | null): void {
    this._candidates = candidatesOf(item);
    const known = new Set(this._candidates.map(each => each.id));
    this._order = Array.isArray(label) ? label.map(String).filter(id => known.has(id)) : [];
    this._draw();
  }

  /** The order is complete when one candidate is left: it is the last. */
  label(): Label | null {
    const rest = this._candidates.filter(each => !this._order.includes(each.id));
    return rest.length <= 1 ? [...this._order, ...rest.map(each => each.id)] : null;
  }

  get canUndo(): boolean {
    return this._order.length > 0;
  }

  press(event: KeyboardEvent): boolean {
    const candidate = this._candidates[Number(event.key) - 1];
    if (event.key === 'Backspace') {
      return this.undo();
    }
    if (!/^[1-9]$/.test(event.key) || !candidate) {
      return false;
    }
    this._take(candidate.id);
    return true;
  }

  undo(): boolean {
    const last = this._order.pop();
    this._draw();
    this._host.changed();
    return last !== undefined;
  }

  clear(): void {
    this._candidates = [];
  }

  private _take(id: string): void {
    if (this._order.includes(id)) {
      this._order = this._order.filter(other => other !== id);
    } else {
      this._order.push(id);
    }
    this._draw();
    this._host.changed();
  }

  private _draw(): void {
    this.panel.replaceChildren(
      ...this._candidates.map(({ id, text }, i) => {
        const place = this._order.indexOf(id);
        const button = h(
          'button',
          {
            class: 'wb-anno-candidate',
            type: 'button',
            tabindex: -1,
            'aria-pressed': String(place >= 0)
          },
          h('kbd', {}, String(i + 1)),
          h('span', { class: 'wb-anno-name' }, text),
          h('span', { class: 'wb-anno-place' }, place >= 0 ? `${place + 1}.` : '')
        );
        button.addEventListener('click', () => this._take(id));
        return h('li', {}, button);
      })
    );
  }
}

/** Candidates are texts, or texts with an id: whatever list the item shows. */
export function candidatesOf(item: Pick<IShown, 'shown'>): ICandidate[] {
  const list = Object.values(item.shown).find(value => Array.isArray(value)) as
    unknown[] | undefined;
  return (list ?? []).map(each => {
    if (typeof each === 'object' && each !== null) {
      const told = each as Record<string, unknown>;
      const text = String(told['body'] ?? told['text'] ?? told['title'] ?? told['id'] ?? '');
      return { id: String(told['id'] ?? text), text };
    }
    return { id: String(each), text: String(each) };
  });
}

export const rank: MakeTool = host => new Rank(host);
