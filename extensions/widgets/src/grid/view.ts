// One view of the grid: a toolbar, a canvas that takes the keyboard, and a line that says what is shown.

import { type Cleanup } from '../anywidget';
import { h, onTheme } from '../dom';
import { moveOf, range, toggle } from './keys';
import { type ILayout, indexAt, layout } from './layout';
import { type ITheme, paint, percent, themeOf } from './paint';
import { differs, type IItem } from './protocol';
import { type IShown, type Store } from './store';
import { Toolbar } from './toolbar';

export class View {
  readonly node = h('div', { class: 'wb-grid', 'data-lm-suppress-shortcuts': 'true' });
  private _canvas = h('canvas', {
    class: 'wb-grid-canvas',
    tabindex: 0,
    role: 'listbox',
    'aria-multiselectable': 'true',
    'aria-label': 'Images: arrow keys move, space selects, page keys turn the page'
  });
  private _empty = h('div', { class: 'wb-grid-empty' });
  private _status = h('span', { class: 'wb-grid-status', role: 'status', 'aria-live': 'polite' });
  private _clear = h('button', { class: 'wb-link', type: 'button' }, 'clear');
  private _previous = h(
    'button',
    { class: 'wb-page', type: 'button', 'aria-label': 'Previous page' },
    '‹'
  );
  private _next = h('button', { class: 'wb-page', type: 'button', 'aria-label': 'Next page' }, '›');
  private _where = h('span', { class: 'wb-grid-where' });
  private _title = h('span', { class: 'wb-grid-title' });
  private _toolbar: Toolbar;
  private _theme: ITheme | null = null;
  private _layout: ILayout = layout(0, 0);
  private _focus = 0;
  private _anchor = 0;
  private _hover = -1;
  private _landing: 'first' | 'last' | 'same' = 'same';
  private _shown: IShown | null = null;
  private _selected: string[] = [];

  constructor(private _store: Store) {
    this._toolbar = new Toolbar(_store);
    const foot = h('div', { class: 'wb-grid-foot' }, this._title, this._status, this._clear);
    foot.append(h('span', { class: 'wb-grid-pager' }, this._previous, this._where, this._next));
    this.node.append(this._toolbar.node, this._canvas, this._empty, foot);
    this._previous.addEventListener('click', () => this._turn(-1, 'same'));
    this._next.addEventListener('click', () => this._turn(1, 'same'));
    this._clear.addEventListener('click', () => _store.select([]));
    this._canvas.addEventListener('keydown', event => this._onKey(event));
    this._canvas.addEventListener('mousedown', event => this._onPress(event));
    this._canvas.addEventListener('mousemove', event => this._setHover(this._under(event)));
    this._canvas.addEventListener('mouseleave', () => this._setHover(-1));
    this._canvas.addEventListener('focus', () => this._paint());
    this._canvas.addEventListener('blur', () => this._paint());
  }

  /** Follow the store, the width and the theme; return the call that stops it. */
  mount(): Cleanup {
    const resized = new ResizeObserver(() => this._paint());
    resized.observe(this.node);
    const stops = [
      this._store.subscribe(() => this.update()),
      onTheme(() => {
        this._theme = null;
        this._paint();
      }),
      () => resized.disconnect()
    ];
    this.update();
    return () => stops.forEach(stop => stop());
  }

  update(): void {
    const { page, model } = this._store;
    const selected = model.get('selected');
    // A new query is heard before its page: painting the old page again would only keep the new one waiting.
    const isStale = page !== this._shown || selected !== this._selected;
    if (page !== this._shown) {
      this._shown = page;
      this._land(page?.items.length ?? 0);
    }
    this._selected = selected;
    if (isStale) {
      this._paint();
    }
    this._toolbar.update();
    this._updateFoot();
  }

  private _updateFoot(): void {
    const { page, problem, model } = this._store;
    const selected = model.get('selected').length;
    this._title.textContent = model.get('title');
    this._clear.hidden = selected === 0;
    this._status.classList.toggle('wb-problem', problem !== null);
    this._previous.disabled = !page || page.page === 0;
    this._next.disabled = !page || page.page >= page.pages - 1;
    this._where.textContent = page ? `${page.page + 1} / ${Math.max(1, page.pages)}` : '';
    if (problem) {
      this._status.textContent = `${problem.message} ${problem.hint}`.trim();
    } else if (page) {
      const total = `${page.total.toLocaleString('en')} ${page.total === 1 ? 'item' : 'items'}`;
      this._status.textContent =
        selected > 0 ? `${total} · ${selected.toLocaleString('en')} selected` : total;
    }
    this._empty.hidden = page !== null && page.items.length > 0;
    this._empty.textContent = page ? 'Nothing matches these filters.' : 'Waiting for the kernel …';
  }

  private _paint(): void {
    const width = this.node.clientWidth;
    const page = this._shown;
    if (width === 0) {
      return;
    }
    this._theme ??= themeOf(this.node);
    this._layout = layout(width, page?.items.length ?? 0);
    this._canvas.hidden = !page || page.items.length === 0;
    if (!page) {
      return;
    }
    const facets = this._store.model.get('facets').filter(facet => facet.kind === 'label');
    paint(
      this._canvas,
      {
        layout: this._layout,
        items: page.items,
        images: page.images,
        selected: new Set(this._selected),
        classes: new Map(facets.map((facet, i) => [facet.label, i])),
        focus: this._focus,
        hover: this._hover,
        hasFocus: document.activeElement === this._canvas || this._canvas.matches(':focus')
      },
      this._theme
    );
    this._canvas.dataset['painted'] = String(page.seq);
  }

  private _onKey(event: KeyboardEvent): void {
    const items = this._shown?.items ?? [];
    const move = moveOf(event, this._focus, items.length, this._layout.columns);
    if (move === null || items.length === 0) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (move === 'toggle') {
      this._toggle(this._focus);
    } else if (move === 'all') {
      this._store.select(range(this._store.model.get('selected'), ids(items), 0, items.length - 1));
    } else if (move === 'none') {
      this._store.select([]);
    } else if ('page' in move) {
      this._turn(move.page, move.focus);
    } else {
      this._moveTo(move.focus, event.shiftKey);
    }
  }

  private _onPress(event: MouseEvent): void {
    const index = this._under(event);
    if (index < 0 || event.button !== 0) {
      return;
    }
    if (event.shiftKey) {
      event.preventDefault();
      this._canvas.focus();
      this._moveTo(index, true);
    } else {
      this._focus = index;
      this._toggle(index);
    }
  }

  private _toggle(index: number): void {
    const item = this._shown?.items[index];
    if (item) {
      this._anchor = index;
      this._store.select(toggle(this._store.model.get('selected'), item.id));
    }
  }

  private _moveTo(index: number, extend: boolean): void {
    const items = this._shown?.items ?? [];
    this._focus = index;
    this._say(items[index]);
    if (extend) {
      this._store.select(range(this._store.model.get('selected'), ids(items), this._anchor, index));
    } else {
      this._anchor = index;
      this._paint();
    }
  }

  private _turn(by: number, landing: 'first' | 'last' | 'same'): void {
    const page = this._shown;
    const next = (page?.page ?? 0) + by;
    if (page && next >= 0 && next < page.pages) {
      this._landing = landing;
      this._store.ask({ page: next });
    }
  }

  private _land(n: number): void {
    this._focus =
      this._landing === 'first'
        ? 0
        : this._landing === 'last'
          ? n - 1
          : Math.min(this._focus, n - 1);
    this._focus = Math.max(0, this._focus);
    this._anchor = this._focus;
    this._landing = 'same';
    this._hover = -1;
  }

  private _setHover(index: number): void {
    if (index !== this._hover) {
      this._hover = index;
      this._canvas.title = describe(this._shown?.items[index]);
      this._paint();
    }
  }

  private _under(event: MouseEvent): number {
    const box = this._canvas.getBoundingClientRect();
    return indexAt(
      this._layout,
      event.clientX - box.left,
      event.clientY - box.top,
      this._shown?.items.length ?? 0
    );
  }

  private _say(item: IItem | undefined): void {
    this._canvas.setAttribute('aria-description', describe(item).replaceAll('\n', ', '));
  }
}

function ids(items: IItem[]): string[] {
  return items.map(item => item.id);
}

function describe(item: IItem | undefined): string {
  if (!item) {
    return '';
  }
  const score = item.score === null ? '' : ` (${percent(item.score)})`;
  const lines = [item.name, `label: ${item.label ?? 'none'}`];
  if (item.prediction !== null) {
    lines.push(`prediction: ${item.prediction}${score}${differs(item) ? ', differs' : ''}`);
  }
  return lines.join('\n');
}
