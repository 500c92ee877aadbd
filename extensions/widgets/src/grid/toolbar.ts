// The row above the grid: chips that filter by class, a text filter, the order and the pager.

import { h } from '../dom';
import { colorAt } from '../palette';
import { type IFacet, type IQuery } from './protocol';
import { type Store } from './store';

const CHIPS_AT_FIRST = 24;
const TYPING_MS = 200;

export class Toolbar {
  readonly node = h('div', { class: 'wb-grid-toolbar' });
  private _chips = h('div', {
    class: 'wb-grid-chips',
    role: 'group',
    'aria-label': 'Filter by class'
  });
  private _search = h('input', {
    class: 'wb-grid-search',
    type: 'search',
    placeholder: 'Filter by name',
    'aria-label': 'Filter by name'
  });
  private _sort = h('select', { class: 'wb-grid-sort', 'aria-label': 'Order' });
  private _showsAll = false;
  private _shown = '';
  private _timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private _store: Store) {
    this._search.addEventListener('input', () => {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => _store.ask({ text: this._search.value }), TYPING_MS);
    });
    this._sort.addEventListener('change', () => {
      const [sort, direction] = this._sort.value.split(' ');
      _store.ask({ sort: sort as string, descending: direction === 'down' });
    });
    this.node.append(this._chips, h('div', { class: 'wb-grid-tools' }, this._search, this._sort));
  }

  update(): void {
    const query = this._store.model.get('query');
    const facets = this._store.model.get('facets');
    const shown = JSON.stringify([facets, { ...query, page: 0 }, this._showsAll]);
    if (shown === this._shown) {
      return; // turning the page changes nothing here
    }
    this._shown = shown;
    if (document.activeElement !== this._search) {
      this._search.value = query.text;
    }
    this._updateSort(query);
    this._updateChips(facets, query);
  }

  private _updateSort(query: IQuery): void {
    const options = this._store.model
      .get('sorts')
      .map(([value, text]) => h('option', { value, selected: value === sortValue(query) }, text));
    this._sort.replaceChildren(...options);
  }

  private _updateChips(facets: IFacet[], query: IQuery): void {
    const shown = this._showsAll ? facets : facets.slice(0, CHIPS_AT_FIRST);
    const hadFocus = (document.activeElement as HTMLElement | null)?.dataset['facet'];
    const chips = shown.map(facet => this._chip(facet, query, facets.indexOf(facet)));
    if (shown.length < facets.length) {
      const more = h(
        'button',
        { class: 'wb-chip', type: 'button' },
        `${facets.length - shown.length} more`
      );
      more.addEventListener('click', () => {
        this._showsAll = true;
        this.update();
      });
      chips.push(more);
    }
    this._chips.replaceChildren(...chips);
    chips.find(chip => hadFocus && chip.dataset['facet'] === hadFocus)?.focus();
  }

  private _chip(facet: IFacet, query: IQuery, index: number): HTMLButtonElement {
    const pressed = isOn(facet, query);
    const text =
      facet.kind === 'label'
        ? facet.label
        : facet.kind === 'unlabeled'
          ? 'unlabeled'
          : '≠ prediction';
    const chip = h(
      'button',
      {
        class: `wb-chip wb-chip-${facet.kind}`,
        type: 'button',
        'aria-pressed': String(pressed),
        'data-facet': `${facet.kind}:${facet.label}`
      },
      h('span', { class: 'wb-chip-text' }, text),
      h('span', { class: 'wb-chip-count' }, facet.count.toLocaleString('en'))
    );
    if (facet.kind === 'label') {
      const dot = h('span', { class: 'wb-chip-dot' });
      dot.style.background = colorAt(index);
      chip.prepend(dot);
    }
    chip.addEventListener('click', () => this._store.ask(flip(facet, query)));
    return chip;
  }
}

function sortValue(query: IQuery): string {
  return query.descending ? `${query.sort} down` : query.sort;
}

function isOn(facet: IFacet, query: IQuery): boolean {
  return facet.kind === 'label' ? query.labels.includes(facet.label) : query[facet.kind];
}

function flip(facet: IFacet, query: IQuery): Partial<IQuery> {
  if (facet.kind !== 'label') {
    return { [facet.kind]: !query[facet.kind] };
  }
  const rest = query.labels.filter(label => label !== facet.label);
  return { labels: rest.length < query.labels.length ? rest : [...rest, facet.label] };
}
