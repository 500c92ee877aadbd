// Saying which class an item is of, or which classes: one key is an answer, or several keys and Enter.

import { h } from '../dom';
import { Palette } from './palette';
import { type IShown, type Label } from './protocol';
import { type Help, type IHost, type ITool, type MakeTool } from './tool';

class Choose implements ITool {
  readonly panel: HTMLElement;
  readonly help: Help;
  readonly startsWithSuggestion: boolean;
  protected palette: Palette;
  private _chosen: string[] = [];
  private _before: string[][] = [];

  constructor(protected host: IHost) {
    const { classes, many } = host.setup;
    this.palette = new Palette(classes, name => this._choose(name));
    this.panel = this.palette.node;
    this.startsWithSuggestion = many;
    this.help = many
      ? [
          ['1 2 3 …', 'take a class, or leave it'],
          ['Enter', 'these classes, next item']
        ]
      : [['1 2 3 …', 'this class, next item']];
  }

  show(item: IShown, _stage: HTMLElement, label: Label | null): void {
    this._before = [];
    const said = Array.isArray(label)
      ? label.map(String)
      : typeof label === 'string'
        ? [label]
        : [];
    this._chosen = said;
    this.palette.mark(said, this.host.setup.many ? '' : (item.prediction ?? ''));
  }

  label(): Label | null {
    if (this.host.setup.many) {
      return [...this._chosen].sort();
    }
    return this._chosen[0] ?? null;
  }

  get canUndo(): boolean {
    return this._before.length > 0;
  }

  press(event: KeyboardEvent): boolean {
    if (event.key === '/' && this.palette.find()) {
      return true;
    }
    const name = this.palette.pressed(event);
    if (name !== '') {
      this._choose(name);
    }
    return name !== '';
  }

  undo(): boolean {
    const before = this._before.pop();
    if (before) {
      this._chosen = before;
      this.palette.mark(before);
      this.host.changed();
    }
    return before !== undefined;
  }

  clear(): void {
    this._before = [];
  }

  private _choose(name: string): void {
    if (!this.host.setup.many) {
      this.palette.mark([name]);
      this.host.submit(name);
      return;
    }
    this._before.push(this._chosen);
    const rest = this._chosen.filter(other => other !== name);
    this._chosen = rest.length < this._chosen.length ? rest : [...this._chosen, name];
    this.palette.mark(this._chosen);
    this.host.changed();
  }
}

const ARROWS: Record<string, string> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowDown: 'tie' };

/** Two candidates side by side: an arrow points at the better one. */
class Pair extends Choose {
  override readonly help: Help = [
    ['← →', 'this one is better, next item'],
    ['↓', 'neither is better']
  ];

  override show(item: IShown, stage: HTMLElement, label: Label | null): void {
    super.show(item, stage, label);
    stage.classList.add('wb-anno-pair');
  }

  override press(event: KeyboardEvent): boolean {
    const name = ARROWS[event.key];
    if (name !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.host.submit(name);
      return true;
    }
    return super.press(event);
  }
}

/** Writing a text: what is said in a recording, what a picture shows, what the answer is. */
class Write implements ITool {
  readonly panel = h('div', { class: 'wb-anno-writing' });
  readonly startsWithSuggestion = true;
  readonly canUndo = false;
  readonly help: Help = [
    ['Enter', 'this text, next item'],
    ['Shift Enter', 'a new line'],
    ['Esc', 'leave the text, for keys such as S and U']
  ];
  private _field = h('textarea', { class: 'wb-anno-field', rows: 3, 'aria-label': 'Text' });

  constructor(private _host: IHost) {
    this.panel.append(this._field);
    this._field.addEventListener('input', () => _host.changed());
    this._field.addEventListener('keydown', event => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        event.stopPropagation();
        this._host.submit(this._field.value.trim());
      } else if (event.key === 'Escape') {
        this._field.closest<HTMLElement>('.wb-anno')?.focus();
      } else {
        event.stopPropagation(); // letters of a text are no commands
      }
    });
  }

  show(_item: IShown, stage: HTMLElement, label: Label | null): void {
    const hadFocus = stage.closest('.wb-anno')?.contains(document.activeElement) ?? false;
    this._field.value = typeof label === 'string' ? label : '';
    if (hadFocus) {
      this._field.focus();
    }
  }

  label(): Label | null {
    return this._field.value.trim() || null;
  }

  press(event: KeyboardEvent): boolean {
    if (event.key === 't') {
      this._field.focus();
      return true;
    }
    return false;
  }

  undo(): boolean {
    return false;
  }

  clear(): void {
    this._field.value = '';
  }
}

export const choose: MakeTool = host => new Choose(host);
export const pair: MakeTool = host => new Pair(host);
export const write: MakeTool = host => new Write(host);
