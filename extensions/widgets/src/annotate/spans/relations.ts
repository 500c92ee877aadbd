// What holds between stretches of a text: R on one, then on the other.

import { h } from '../../dom';
import { Palette } from '../palette';
import { type IShown, type Label } from '../protocol';
import { type Region } from '../regions';
import { type Help, type IHost } from '../tool';
import { Spans } from './spans';

const ARROW = '->';

interface IRelation {
  from: string;
  to: string;
  label: string;
}

interface IGraph {
  spans?: (Region & { id: string })[];
  relations?: IRelation[];
}

export class Relations extends Spans {
  override readonly help: Help;
  private _kinds: string[];
  private _kind: string;
  private _relations: IRelation[] = [];
  private _from: string | null = null;
  private _edges = h('div', { class: 'wb-anno-regions', role: 'list', 'aria-label': 'Relations' });
  private _choice: Palette | null = null;

  constructor(host: IHost) {
    super(
      host,
      host.setup.classes.filter(name => !name.startsWith(ARROW))
    );
    this._kinds = host.setup.classes.filter(name => name.startsWith(ARROW)).map(bare);
    this._kind = this._kinds[0] ?? '';
    this.help = [
      ['[ ]', 'select a stretch'],
      ['R', 'a relation begins at the selected stretch; again on another, it ends there'],
      ['T', 'another kind of relation'],
      ...new Spans(host, []).help
    ];
    if (this._kinds.length > 1) {
      this._choice = new Palette(this._kinds, name => this._take(name), false);
      this._choice.node.classList.add('wb-anno-kinds');
      this.panel.append(this._choice.node);
    }
    this.panel.append(this._edges);
  }

  override show(item: IShown, stage: HTMLElement, label: Label | null): void {
    const graph = (label ?? {}) as IGraph;
    this._from = null;
    super.show(item, stage, (graph.spans ?? []).map(bareSpan));
    const ids = new Map(graph.spans?.map((span, i) => [span.id, this.entries[i]?.id ?? '']));
    this._relations = (graph.relations ?? []).map(each => ({
      from: ids.get(each.from) ?? '',
      to: ids.get(each.to) ?? '',
      label: each.label
    }));
    this._drawEdges();
  }

  override label(): Label | null {
    if (super.label() === null) {
      return null;
    }
    const spans = this.entries.map(({ id, region }) => ({ id, ...region }));
    return { spans, relations: this._standing() };
  }

  override press(event: KeyboardEvent): boolean {
    if (event.key === 'r' && !event.ctrlKey && !event.metaKey) {
      this._connect();
      return true;
    }
    if (event.key === 't' && this._kinds.length > 1) {
      this._take(this._kinds[(this._kinds.indexOf(this._kind) + 1) % this._kinds.length] ?? '');
      return true;
    }
    return super.press(event);
  }

  protected override refresh(): void {
    super.refresh();
    if (this._edges as HTMLElement | undefined) {
      this._drawEdges();
    }
  }

  private _connect(): void {
    if (this._from === null || this.selected === null || this._from === this.selected) {
      this._from = this.selected;
    } else {
      this._relations.push({ from: this._from, to: this.selected, label: this._kind });
      this._from = null;
      this.host.changed();
    }
    this._drawEdges();
  }

  private _take(kind: string): void {
    this._kind = kind;
    this._drawEdges();
  }

  /** Relations whose stretches are both still there. */
  private _standing(): IRelation[] {
    return this._relations.filter(each => this.entryOf(each.from) && this.entryOf(each.to));
  }

  private _drawEdges(): void {
    this._choice?.mark([this._kind]);
    const buttons = this._standing().map(each => {
      const [from, to] = [this.entryOf(each.from)?.region, this.entryOf(each.to)?.region];
      const text = `${from ? this.place(from) : ''} ${each.label ? `—${each.label}→` : '→'} ${to ? this.place(to) : ''}`;
      const button = h(
        'button',
        {
          class: 'wb-anno-region',
          type: 'button',
          role: 'listitem',
          tabindex: -1,
          title: 'Remove'
        },
        text,
        ' ×'
      );
      button.addEventListener('click', () => {
        this._relations = this._relations.filter(other => other !== each);
        this._drawEdges();
        this.host.changed();
      });
      return button;
    });
    const begun = this.entryOf(this._from)?.region;
    const hint = begun ? [h('span', { class: 'wb-anno-more' }, `${this.place(begun)} → … R`)] : [];
    this._edges.replaceChildren(...buttons, ...hint);
  }
}

function bareSpan(span: Region): Region {
  const region: Region = { ...span };
  delete region['id'];
  return region;
}

function bare(name: string): string {
  return name.slice(ARROW.length).trim();
}
