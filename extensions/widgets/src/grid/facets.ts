// The panel of filters: one section per column, its values with bars and counts, or a histogram between two ends.

import { h } from '../dom';
import { filtered, type IFacet, type IQuery, type Value, without } from './protocol';
import { type Store } from './store';

const AT_FIRST = 10;

type Values = Extract<IFacet, { kind: 'values' }>;
type Range = Extract<IFacet, { kind: 'range' }>;

export class Facets {
  readonly node = h('div', { class: 'wb-facets', role: 'group', 'aria-label': 'Filters' });
  private _opened = new Set<string>();
  private _shown = '';

  constructor(private _store: Store) {
    this.node.hidden = true;
  }

  toggle(): void {
    this.node.hidden = !this.node.hidden;
    this.update();
    if (!this.node.hidden) {
      this.node.querySelector<HTMLElement>('button, input')?.focus();
    }
  }

  update(): void {
    const query = this._store.model.get('query');
    const shown = JSON.stringify([this._store.facets, { ...query, page: 0 }, [...this._opened]]);
    if (this.node.hidden || shown === this._shown || this._isTyping()) {
      return;
    }
    this._shown = shown;
    const focused = (document.activeElement as HTMLElement | null)?.dataset['choice'];
    const sections = this._store.facets
      .filter(facet => facet.kind !== 'differs')
      .map(facet =>
        facet.kind === 'range' ? this._range(facet, query) : this._values(facet, query)
      );
    this.node.replaceChildren(...sections);
    if (focused) {
      this.node.querySelector<HTMLElement>(`[data-choice="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  /** Whether a number is half written: it would be lost with its field. */
  private _isTyping(): boolean {
    const active = document.activeElement;
    return (
      active instanceof HTMLInputElement &&
      this.node.contains(active) &&
      active.value !== active.defaultValue
    );
  }

  private _values(facet: Values, query: IQuery): HTMLElement {
    const chosen = query.filters[facet.column] ?? [];
    const all: [Value, number][] = [...facet.values];
    if (facet.absent > 0 || chosen.includes(null)) {
      all.push([null, facet.absent]);
    }
    const live = all.filter(([value, n]) => n > 0 || chosen.includes(value));
    const most = Math.max(1, ...live.map(([, n]) => n));
    const cut = this._opened.has(facet.column) ? live : live.slice(0, AT_FIRST);
    const rows = cut.map(([value, n]) => this._choice(facet.column, value, n / most, n, chosen));
    if (cut.length < live.length) {
      const more = h(
        'button',
        { class: 'wb-link', type: 'button' },
        `${live.length - cut.length} more`
      );
      more.addEventListener('click', () => {
        this._opened.add(facet.column);
        this.update();
      });
      rows.push(more);
    }
    return section(facet.column, ...rows);
  }

  private _choice(
    column: string,
    value: Value,
    share: number,
    n: number,
    chosen: Value[]
  ): HTMLButtonElement {
    const isOn = chosen.includes(value);
    const bar = h('span', { class: 'wb-facet-bar' });
    bar.style.width = `${Math.max(1, 100 * share)}%`;
    const button = h(
      'button',
      {
        class: 'wb-facet-value',
        type: 'button',
        'aria-pressed': String(isOn),
        'data-choice': `${column}:${String(value)}`
      },
      bar,
      h('span', { class: 'wb-facet-text' }, value === null ? 'none' : String(value)),
      h('span', { class: 'wb-chip-count' }, n.toLocaleString('en'))
    );
    button.addEventListener('click', () => {
      const rest = chosen.filter(other => other !== value);
      const query = this._store.model.get('query');
      this._store.ask(filtered(query, column, isOn ? rest : [...rest, value]));
    });
    return button;
  }

  private _range(facet: Range, query: IQuery): HTMLElement {
    const { column, low, high, bins } = facet;
    const [from, to] = query.ranges[column] ?? [low, high];
    const most = Math.max(1, ...bins);
    const bars = bins.map((n, i) => {
      const bar = h('span', { title: n.toLocaleString('en') });
      bar.style.height = `${Math.ceil((22 * n) / most)}px`;
      const middle = low + ((i + 0.5) * (high - low)) / bins.length;
      bar.classList.toggle('wb-facet-out', middle < from || middle > to);
      return bar;
    });
    const end = (name: string, value: number): HTMLInputElement => {
      const input = h('input', {
        type: 'number',
        step: 'any',
        value: short(value),
        'aria-label': `${column}: ${name}`,
        'data-choice': `${column}:${name}`
      });
      input.addEventListener('change', () => this._narrow(facet, inputs));
      input.addEventListener('keydown', event => {
        event.stopPropagation(); // a notebook has other plans with Enter
        if (event.key === 'Enter' && input.value !== input.defaultValue) {
          this._narrow(facet, inputs);
        }
      });
      return input;
    };
    const inputs = [end('from', from), end('to', to)] as const;
    return section(
      column,
      h('div', { class: 'wb-facet-bins' }, ...bars),
      h('div', { class: 'wb-facet-ends' }, inputs[0], '–', inputs[1])
    );
  }

  private _narrow(
    { column, low, high }: Range,
    inputs: readonly [HTMLInputElement, HTMLInputElement]
  ): void {
    // An end that was only shown shortened stands for itself.
    const read = (input: HTMLInputElement, end: number): number =>
      input.value === '' || input.value === short(end) ? end : Number(input.value);
    const from = read(inputs[0], low);
    const to = read(inputs[1], high);
    inputs.forEach(input => (input.defaultValue = input.value));
    const ranges = without(this._store.model.get('query').ranges, column);
    const isAll = from <= low && to >= high;
    this._store.ask({ ranges: isAll ? ranges : { ...ranges, [column]: [from, to] } });
  }
}

function section(title: string, ...children: HTMLElement[]): HTMLElement {
  return h(
    'section',
    { 'data-column': title },
    h('h4', {}, title.replaceAll('_', ' ')),
    ...children
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
