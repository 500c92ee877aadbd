// The canvas with the tiles: it takes the keyboard and the mouse, and says what a person wants done.

import { type Cleanup } from '../anywidget';
import { h, onTheme } from '../dom';
import { colorAt } from '../palette';
import { percent } from './caption';
import { type Command, moveOf, range, toggle } from './keys';
import { readLabel } from './labels';
import { type ILayout, indexAt, layout, TEXT_WIDTH } from './layout';
import { type ITheme, paint, themeOf } from './paint';
import { differs, type IItem } from './protocol';
import { type IShown, type Store } from './store';

export class Tiles {
  readonly node = h('canvas', {
    class: 'wb-grid-canvas',
    tabindex: 0,
    role: 'listbox',
    'aria-multiselectable': 'true',
    'aria-label': 'Items: arrow keys move, space selects, Enter opens, ? names all keys'
  });
  private _theme: ITheme | null = null;
  private _layout: ILayout = layout(0, 0);
  private _focus = 0;
  private _anchor = 0;
  private _hover = -1;
  private _landing: 'first' | 'last' | 'same' = 'same';
  private _shown: IShown | null = null;
  private _selected: string[] = [];
  private _colors = new Map<string, number>();

  constructor(
    private _store: Store,
    private _do: (command: Command) => void
  ) {
    this.node.addEventListener('keydown', event => this._onKey(event));
    this.node.addEventListener('mousedown', event => this._onPress(event));
    this.node.addEventListener('dblclick', () => this._do('open'));
    this.node.addEventListener('mousemove', event => this._setHover(this._under(event)));
    this.node.addEventListener('mouseleave', () => this._setHover(-1));
    this.node.addEventListener('focus', () => this.paint());
    this.node.addEventListener('blur', () => this.paint());
  }

  /** Follow the theme; return the call that stops it. */
  mount(): Cleanup {
    return onTheme(() => {
      this._theme = null;
      this.paint();
    });
  }

  get focused(): IItem | undefined {
    return this._shown?.items[this._focus];
  }

  /** Return the colour of a class, the same in every view of the widget. */
  readonly colorOf = (label: string): string => colorAt(this._colors.get(label) ?? -1);

  update(): void {
    const { page, model } = this._store;
    const selected = model.get('selected');
    const isRecolored = this._recolored();
    // A new query is heard before its page: painting the old page again would only keep the new one waiting.
    const isStale = page !== this._shown || selected !== this._selected || isRecolored;
    if (page !== this._shown) {
      this._shown = page;
      this._land(page?.items.length ?? 0);
    }
    this._selected = selected;
    if (isStale) {
      this.paint();
    }
  }

  paint(): void {
    const width = this.node.parentElement?.clientWidth ?? 0;
    const page = this._shown;
    this.node.hidden = !page || page.items.length === 0;
    if (width === 0 || !page) {
      return;
    }
    this._theme ??= themeOf(this.node);
    const { shape, modality } = this._store.model.get('about');
    const isText = modality === 'text' && page.items.every(item => item.text !== null);
    this._layout = layout(width, page.items.length, isText ? TEXT_WIDTH : undefined);
    const scene = {
      layout: this._layout,
      items: page.items,
      images: page.images,
      before: page.before,
      selected: new Set(this._selected),
      shape,
      colorOf: this.colorOf,
      focus: this._focus,
      hover: this._hover,
      hasFocus: document.activeElement === this.node || this.node.matches(':focus')
    };
    paint(this.node, scene, this._theme);
    this.node.dataset['painted'] = String(page.seq);
    this._store.painted();
  }

  /** Move the focus by one tile, over the edge of the page too. */
  step(by: 1 | -1): void {
    const last = (this._shown?.items.length ?? 0) - 1;
    const next = this._focus + by;
    if (next < 0 || next > last) {
      this.turn(by, by > 0 ? 'first' : 'last');
    } else {
      this._moveTo(next, false);
    }
  }

  turn(by: number, landing: 'first' | 'last' | 'same'): void {
    const page = this._shown;
    const next = (page?.page ?? 0) + by;
    if (page && next >= 0 && next < page.pages) {
      this._landing = landing;
      this._store.ask({ page: next });
    }
  }

  toggle(): void {
    const item = this.focused;
    if (item && !item.gone) {
      this._anchor = this._focus;
      this._store.select(toggle(this._store.model.get('selected'), item.id));
    }
  }

  /** Select the whole page. */
  all(): void {
    const items = this._shown?.items ?? [];
    this._store.select(range(this._store.model.get('selected'), ids(items), 0, items.length - 1));
  }

  private _recolored(): boolean {
    const facet = this._store.facets.find(
      f => f.kind === 'values' && f.column === namesIn(this._store)
    );
    const more = facet?.kind === 'values' ? facet.values.map(([value]) => String(value)) : [];
    const names = new Set([...this._store.model.get('about').classes, ...more]);
    if ([...names].every((name, i) => this._colors.get(name) === i)) {
      return false;
    }
    this._colors = new Map([...names].map((name, i) => [name, i]));
    return true;
  }

  private _onKey(event: KeyboardEvent): void {
    const items = this._shown?.items ?? [];
    const move = event.altKey
      ? null
      : moveOf(event, this._focus, items.length, this._layout.columns);
    if (move === null) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if ('command' in move) {
      this._do(move.command);
    } else if ('page' in move) {
      this.turn(move.page, move.focus);
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
      this.node.focus();
      this._moveTo(index, true);
    } else {
      this._focus = index;
      this.toggle();
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
      this.paint();
    }
  }

  private _land(n: number): void {
    const at = { first: 0, last: n - 1, same: Math.min(this._focus, n - 1) }[this._landing];
    this._focus = Math.max(0, at);
    this._anchor = this._focus;
    this._landing = 'same';
    this._hover = -1;
  }

  private _setHover(index: number): void {
    if (index !== this._hover) {
      this._hover = index;
      this.node.title = this._describe(this._shown?.items[index]);
      this.paint();
    }
  }

  private _under(event: MouseEvent): number {
    const box = this.node.getBoundingClientRect();
    const n = this._shown?.items.length ?? 0;
    return indexAt(this._layout, event.clientX - box.left, event.clientY - box.top, n);
  }

  private _say(item: IItem | undefined): void {
    this.node.setAttribute('aria-description', this._describe(item).replaceAll('\n', ', '));
  }

  private _describe(item: IItem | undefined): string {
    if (!item) {
      return '';
    }
    const { shape } = this._store.model.get('about');
    const score = item.score === null ? '' : ` (${percent(item.score)})`;
    const lines = [item.name, `label: ${readLabel(item.label, shape).said || 'none'}`];
    if (item.prediction !== null) {
      const said = readLabel(item.prediction, shape).said;
      lines.push(`prediction: ${said}${score}${differs(item) ? ', differs' : ''}`);
    }
    if (item.gone) {
      lines.push('removed since');
    }
    return [...lines, ...item.tags.map(tag => `tag: ${tag}`)].join('\n');
  }
}

/** Return the column whose values are the classes of this dataset. */
export function namesIn(store: Store): string {
  const { shape, columns } = store.model.get('about');
  return shape !== 'class' && columns.includes('label_names') ? 'label_names' : 'label';
}

/** Return what can be selected of these items, '' for one that is gone. */
function ids(items: IItem[]): string[] {
  return items.map(item => (item.gone ? '' : item.id));
}
