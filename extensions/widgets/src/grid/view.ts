// One view of the browser: a toolbar, filters beside tiles, a line that says what is shown, and panels that open on demand.

import { type Cleanup } from '../anywidget';
import { h } from '../dom';
import { Actions } from './actions';
import { Facets } from './facets';
import { type Command, COMMANDS } from './keys';
import { type IHost, type IPanel, type IPart } from './parts';
import { type Store } from './store';
import { Tiles } from './tiles';
import { Toolbar } from './toolbar';

type Place = 'item' | 'map';

export class View {
  readonly node = h('div', { class: 'wb-grid', 'data-lm-suppress-shortcuts': 'true' });
  private _empty = h('div', { class: 'wb-grid-empty' });
  private _status = h('span', { class: 'wb-grid-status', role: 'status', 'aria-live': 'polite' });
  private _where = h('span', { class: 'wb-grid-where' });
  private _title = h('span', { class: 'wb-grid-title' });
  private _clear = link('clear', () => this._store.select([]));
  private _all = link('select all', () => void this._store.question('all').catch(() => undefined));
  private _tag = link('tag', () => this._do('tag'));
  private _label = link('label', () => this._do('label'));
  private _previous = pager('‹', 'Previous page', () => this._tiles.turn(-1, 'same'));
  private _next = pager('›', 'Next page', () => this._tiles.turn(1, 'same'));
  private _filters = toggle('Filters', 'Filters by column (f)', () => this._do('filters'));
  private _map = toggle('Map', 'Items on a map by their vectors (m)', () => this._do('map'));
  private _help = h('div', { class: 'wb-grid-help' });
  private _slots: Record<Place, HTMLElement> = {
    item: h('div', { class: 'wb-item-slot' }),
    map: h('div', { class: 'wb-map-slot' })
  };
  private _panels: Partial<Record<Place, IPanel>> = {};
  private _tiles: Tiles;
  private _facets: Facets;
  private _toolbar: Toolbar;
  private _actions: Actions;

  constructor(private _store: Store) {
    this._tiles = new Tiles(_store, command => this._do(command));
    this._facets = new Facets(_store);
    this._toolbar = new Toolbar(_store, this._tiles.colorOf, this._filters, this._map);
    this._actions = new Actions(_store, () => this._tiles.node.focus());
    this._help.hidden = true;
    const pages = h('span', { class: 'wb-grid-pager' }, this._previous, this._where, this._next);
    const foot = h('div', { class: 'wb-grid-foot' }, this._title, this._status);
    foot.append(this._clear, this._all, this._tag, this._label, pages);
    const tiles = h('div', { class: 'wb-grid-tiles' }, this._tiles.node, this._empty);
    const body = h('div', { class: 'wb-grid-body' }, this._facets.node, tiles, this._slots.map);
    const under = [foot, this._actions.node, this._help, this._slots.item];
    this.node.append(this._toolbar.node, body, ...under);
    Object.values(this._slots).forEach(slot => (slot.hidden = true));
  }

  /** Follow the store, the width and the theme; return the call that stops it. */
  mount(): Cleanup {
    const resized = new ResizeObserver(() => this._tiles.paint());
    resized.observe(this._tiles.node.parentElement as HTMLElement);
    const stops = [
      this._store.subscribe(() => this.update()),
      this._tiles.mount(),
      () => resized.disconnect(),
      () => Object.values(this._panels).forEach(panel => panel.dispose())
    ];
    this.update();
    return () => stops.forEach(stop => stop());
  }

  update(): void {
    this._tiles.update();
    this._toolbar.update();
    this._facets.update();
    this._updateFoot();
    for (const [place, panel] of Object.entries(this._panels)) {
      if (!this._slots[place as Place].hidden) {
        panel.update();
      }
    }
  }

  private _updateFoot(): void {
    const { page, problem, model } = this._store;
    const selected = model.get('selected').length;
    this._title.textContent = model.get('title');
    this._clear.hidden = selected === 0;
    const { total } = this._actions;
    this._all.hidden = total === 0 || selected >= total;
    this._tag.hidden = this._label.hidden = total === 0 && selected === 0;
    this._tag.textContent = `tag ${this._actions.scope} …`;
    this._label.textContent = 'label …';
    this._map.hidden = !model.get('about').columns.includes('embedding');
    this._status.classList.toggle('wb-problem', problem !== null);
    this._previous.disabled = !page || page.page === 0;
    this._next.disabled = !page || page.page >= page.pages - 1;
    this._where.textContent = page ? `${page.page + 1} / ${Math.max(1, page.pages)}` : '';
    if (problem) {
      this._status.textContent = `${problem.message} ${problem.hint}`.trim();
    } else if (page) {
      const items = `${page.total.toLocaleString('en')} ${page.total === 1 ? 'item' : 'items'}`;
      const chosen = selected > 0 ? ` · ${selected.toLocaleString('en')} selected` : '';
      const gone = page.gone > 0 ? ` · ${page.gone.toLocaleString('en')} taken out since` : '';
      this._status.textContent = items + chosen + gone;
    }
    this._empty.hidden = page !== null && page.items.length > 0;
    this._empty.textContent = page ? 'Nothing matches these filters.' : 'Waiting for the kernel …';
  }

  private _do(command: Command): void {
    const focused = this._tiles.focused;
    const todo: Record<Command, () => void> = {
      toggle: () => this._tiles.toggle(),
      all: () => this._tiles.all(),
      none: () => this._store.select([]),
      open: () => void this._open('item'),
      alike: () => focused && this._store.ask({ like: focused.id, sort: 'id', descending: false }),
      filters: () => {
        this._facets.toggle();
        press(this._filters, !this._facets.node.hidden);
      },
      search: () => this._toolbar.search.focus(),
      map: () => void (this._slots.map.hidden ? this._open('map') : this._close('map')),
      tag: () => this._actions.open('tag'),
      label: () => this._actions.open('label'),
      help: () => this._explain()
    };
    todo[command]();
  }

  /** Open a panel, loaded when it is opened for the first time. */
  private async _open(place: Place): Promise<void> {
    if (place === 'item' && !this._tiles.focused) {
      return;
    }
    const part = await this._store.part<IPart>(`grid_${place}`).catch(() => null);
    if (!part) {
      return; // why is in the status line
    }
    this._slots[place].hidden = false;
    if (!this._panels[place]) {
      const panel = part.default(this._host(place));
      this._panels[place] = panel;
      this._slots[place].replaceChildren(panel.node);
    }
    press(this._map, !this._slots.map.hidden);
    this._panels[place]?.update();
    if (place === 'item') {
      this._panels.item?.node.focus();
    }
  }

  private _close(place: Place): void {
    this._slots[place].hidden = true;
    press(this._map, !this._slots.map.hidden);
    this._tiles.node.focus();
  }

  private _host(place: Place): IHost {
    return {
      store: this._store,
      colorOf: this._tiles.colorOf,
      focused: () => this._tiles.focused,
      step: by => {
        this._tiles.step(by);
        this._panels[place]?.update();
      },
      toggle: () => this._tiles.toggle(),
      close: () => this._close(place)
    };
  }

  private _explain(): void {
    const rows = [...COMMANDS].map(([key, [, text]]) => [key === ' ' ? 'space' : key, text]);
    rows.push(
      ['arrows, Home, End', 'move, over the edge of a page too'],
      ['PgDn, PgUp, j, k', 'turn the page']
    );
    rows.push(['shift with an arrow', 'select a range'], ['Ctrl+A', 'select the page']);
    const parts = rows.map(([key, text]) =>
      h('div', {}, h('kbd', {}, key as string), h('span', {}, text as string))
    );
    this._help.replaceChildren(...parts);
    this._help.hidden = !this._help.hidden;
  }
}

function link(text: string, act: () => void): HTMLButtonElement {
  const made = h('button', { class: 'wb-link', type: 'button' }, text);
  made.addEventListener('click', act);
  return made;
}

function pager(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = h('button', { class: 'wb-page', type: 'button', 'aria-label': label }, text);
  made.addEventListener('click', act);
  return made;
}

function toggle(text: string, title: string, act: () => void): HTMLButtonElement {
  const made = h(
    'button',
    { class: 'wb-button', type: 'button', title, 'aria-pressed': 'false' },
    text
  );
  made.addEventListener('click', act);
  return made;
}

function press(button: HTMLButtonElement, isOn: boolean): void {
  button.setAttribute('aria-pressed', String(isOn));
}
