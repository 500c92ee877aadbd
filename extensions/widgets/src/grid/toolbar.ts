// The row above the tiles: chips that filter by class, what else narrows the view, search, the order and the panels.

import { h } from '../dom';
import { filtered, type IFacet, type IQuery, type Value, without } from './protocol';
import { type Store } from './store';
import { namesIn } from './tiles';

const CHIPS_AT_FIRST = 16;
const TYPING_MS = 150;

export class Toolbar {
  readonly node = h('div', { class: 'wb-grid-toolbar' });
  readonly search = h('input', {
    class: 'wb-grid-search',
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search in names and texts; Enter searches by meaning',
    title: 'Search in names and texts; Enter searches by meaning'
  });
  private _chips = h('div', {
    class: 'wb-grid-chips',
    role: 'group',
    'aria-label': 'Filter by class'
  });
  private _sort = h('select', { class: 'wb-grid-sort', 'aria-label': 'Order' });
  private _down = h(
    'button',
    { class: 'wb-page', type: 'button', 'aria-label': 'Descending' },
    '↑'
  );
  private _versus = h('select', { class: 'wb-grid-sort', 'aria-label': 'Compare with a version' });
  private _showsAll = false;
  private _shown = '';
  private _timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private _store: Store,
    private _colorOf: (label: string) => string,
    ...buttons: HTMLElement[]
  ) {
    this.search.addEventListener('input', () => {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => _store.ask({ text: this.search.value }), TYPING_MS);
    });
    this.search.addEventListener('keydown', event => this._onKey(event));
    this._sort.addEventListener('change', () => _store.ask({ sort: this._sort.value }));
    this._down.addEventListener('click', () =>
      _store.ask({ descending: !_store.model.get('query').descending })
    );
    this._versus.addEventListener('change', () => this._compare(Number(this._versus.value)));
    const order = h('span', { class: 'wb-grid-order' }, this._sort, this._down);
    const tools = [...buttons, this._versus, this.search, order];
    this.node.append(this._chips, h('div', { class: 'wb-grid-tools' }, ...tools));
  }

  update(): void {
    const query = this._store.model.get('query');
    const about = this._store.model.get('about');
    const { facets } = this._store;
    const shown = JSON.stringify([facets, about, { ...query, page: 0 }, this._showsAll]);
    if (shown === this._shown) {
      return; // turning the page changes nothing here
    }
    this._shown = shown;
    if (document.activeElement !== this.search) {
      this.search.value = query.text;
    }
    const options = about.sorts.map(([value, text]) =>
      h('option', { value, selected: value === query.sort }, text)
    );
    this._sort.replaceChildren(...options);
    this._down.textContent = query.descending ? '↓' : '↑';
    this._down.setAttribute('aria-pressed', String(query.descending));
    this._updateVersions(query);
    this._updateChips(facets, query);
  }

  private _onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Enter' && this.search.value.trim()) {
      clearTimeout(this._timer);
      this._store.ask({ like: this.search.value.trim(), text: '' });
      this.search.value = '';
    } else if (event.key === 'Escape') {
      this.node.closest('.wb-grid')?.querySelector<HTMLElement>('.wb-grid-canvas')?.focus();
    }
  }

  private _compare(versus: number): void {
    const filters = without(this._store.model.get('query').filters, 'change');
    this._store.ask({
      versus,
      filters: versus ? { ...filters, change: ['changed', 'added', 'removed'] } : filters
    });
  }

  private _updateVersions(query: IQuery): void {
    const { versions, version } = this._store.model.get('about');
    const others = versions.filter(other => other !== version).reverse();
    this._versus.hidden = others.length === 0;
    const options = others.map(value =>
      h('option', { value, selected: value === query.versus }, `beside @${value}`)
    );
    const none = h('option', { value: 0, selected: query.versus === 0 }, 'compare …');
    this._versus.replaceChildren(none, ...options);
  }

  private _updateChips(facets: IFacet[], query: IQuery): void {
    const hadFocus = (document.activeElement as HTMLElement | null)?.dataset['facet'];
    const chips = [...this._classChips(facets, query), ...this._narrowing(query)];
    this._chips.replaceChildren(...chips);
    chips.find(chip => hadFocus && chip.dataset['facet'] === hadFocus)?.focus();
  }

  private _classChips(facets: IFacet[], query: IQuery): HTMLElement[] {
    const column = namesIn(this._store);
    const facet = facets.find(f => f.kind === 'values' && f.column === column);
    const chips: HTMLElement[] = [];
    if (facet?.kind === 'values') {
      const chosen = query.filters[column] ?? [];
      const values = this._showsAll ? facet.values : facet.values.slice(0, CHIPS_AT_FIRST);
      chips.push(...values.map(([value, n]) => this._choice(column, value, n, chosen)));
      if (values.length < facet.values.length) {
        chips.push(this._more(facet.values.length - values.length));
      }
      if (facet.absent > 0 || chosen.includes(null)) {
        chips.push(this._choice(column, null, facet.absent, chosen));
      }
    }
    const differs = facets.find(f => f.kind === 'differs');
    if (differs?.kind === 'differs' && (differs.count > 0 || query.differs)) {
      const chip = makeChip('differs', '≠ prediction', differs.count, query.differs);
      chip.addEventListener('click', () => this._store.ask({ differs: !query.differs }));
      chips.push(chip);
    }
    return chips;
  }

  private _choice(column: string, value: Value, n: number, chosen: Value[]): HTMLElement {
    const isOn = chosen.includes(value);
    const kind = value === null ? 'unlabeled' : 'label';
    const chip = makeChip(kind, value === null ? 'unlabeled' : String(value), n, isOn);
    if (value !== null) {
      const dot = h('span', { class: 'wb-chip-dot' });
      dot.style.background = this._colorOf(String(value));
      chip.prepend(dot);
    }
    chip.addEventListener('click', () => {
      const rest = chosen.filter(other => other !== value);
      const query = this._store.model.get('query');
      this._store.ask(filtered(query, column, isOn ? rest : [...rest, value]));
    });
    return chip;
  }

  private _more(n: number): HTMLElement {
    const more = h('button', { class: 'wb-chip', type: 'button' }, `${n} more`);
    more.addEventListener('click', () => {
      this._showsAll = true;
      this.update();
    });
    return more;
  }

  /** What narrows the view and has no chip of its own, each with the way out of it. */
  private _narrowing(query: IQuery): HTMLElement[] {
    const found: HTMLElement[] = [];
    const add = (text: string, undo: Partial<IQuery>): void => {
      const chip = makeChip('active', text, null, true);
      chip.append(h('span', { class: 'wb-chip-count', 'aria-hidden': 'true' }, '✕'));
      chip.title = 'Take this away';
      chip.addEventListener('click', () => this._store.ask(undo));
      found.push(chip);
    };
    if (query.like) {
      const item = this._store.page?.items.find(({ id }) => id === query.like);
      add(`≈ ${item?.name ?? query.like}`, { like: '' });
    }
    if (query.lasso.length > 0) {
      add('on the map', { lasso: [] });
    }
    for (const [column, values] of Object.entries(query.filters)) {
      if (column !== namesIn(this._store)) {
        const said = values.map(value => value ?? 'none').join(', ');
        add(`${column}: ${said}`, filtered(query, column, []));
      }
    }
    for (const [column, [low, high]] of Object.entries(query.ranges)) {
      const ranges = without(query.ranges, column);
      add(`${column}: ${Number(low.toPrecision(4))} – ${Number(high.toPrecision(4))}`, { ranges });
    }
    return found;
  }
}

function makeChip(kind: string, text: string, n: number | null, pressed: boolean): HTMLElement {
  const attributes = {
    class: `wb-chip wb-chip-${kind}`,
    type: 'button',
    'aria-pressed': String(pressed),
    'data-facet': `${kind}:${text}`
  };
  const chip = h('button', attributes, h('span', { class: 'wb-chip-text' }, text));
  if (n !== null) {
    chip.append(h('span', { class: 'wb-chip-count' }, n.toLocaleString('en')));
  }
  return chip;
}
