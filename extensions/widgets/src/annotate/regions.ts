// What the tools for regions have in common: a list of regions with classes, one of them selected, each step undone.

import { h } from '../dom';
import { Palette } from './palette';
import { type IShown, type Label } from './protocol';
import { type Help, type IHost, type ITool } from './tool';

/** A region in the form that labels have: a class, and where it is. */
export type Region = { label: string } & Record<string, unknown>;

export interface IEntry {
  id: string;
  region: Region;
}

let count = 0;

export abstract class RegionTool implements ITool {
  readonly panel: HTMLElement;
  readonly startsWithSuggestion = true;
  abstract readonly help: Help;
  protected palette: Palette;
  protected entries: IEntry[] = [];
  protected selected: string | null = null;
  /** The class that the next region gets. */
  protected active: string;
  protected item: IShown | null = null;
  private _list = h('div', { class: 'wb-anno-regions', role: 'list', 'aria-label': 'Regions' });
  /** What `entries` were before each step; a region is never changed in place. */
  private _before: IEntry[][] = [];

  constructor(
    protected host: IHost,
    classes: string[]
  ) {
    this.active = classes[0] ?? '';
    this.palette = new Palette(classes, name => this.choose(name));
    this.panel = h('div', {}, this.palette.node, this._list);
  }

  /** Make the drawing library show *entries* and what is selected. */
  protected abstract draw(): void;
  /** Put the drawing library before a new item. */
  protected abstract open(item: IShown, stage: HTMLElement): void;
  /** Say in a few signs where a region is, for its button. */
  protected abstract place(region: Region): string;
  abstract clear(): void;

  show(item: IShown, stage: HTMLElement, label: Label | null): void {
    this.item = item;
    this.entries = this.read(label).map(region => ({ id: fresh(), region }));
    this.selected = null;
    this._before = [];
    this.open(item, stage);
    this.refresh();
  }

  label(): Label | null {
    return this.item?.problem === undefined ? this.entries.map(entry => entry.region) : null;
  }

  press(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey) {
      return false;
    }
    if (event.key === '[' || event.key === ']') {
      return this._step(event.key === ']' ? 1 : -1);
    }
    if ((event.key === 'Delete' || event.key === 'Backspace') && this.selected !== null) {
      this.remove(this.selected);
      return true;
    }
    if (event.key === 'Escape' && this.selected !== null) {
      this.select(null);
      return true;
    }
    if (event.key === '/' && this.palette.find()) {
      return true;
    }
    const name = this.palette.pressed(event);
    if (name !== '') {
      this.choose(name);
    }
    return name !== '';
  }

  get canUndo(): boolean {
    return this._before.length > 0;
  }

  undo(): boolean {
    const before = this._before.pop();
    if (before === undefined) {
      return false;
    }
    this.entries = before;
    this.select(null);
    this.host.changed();
    return true;
  }

  /** Return the regions that a label holds. */
  protected read(label: Label | null): Region[] {
    return Array.isArray(label) ? (label as Region[]) : [];
  }

  /** Take a class for the next region, and for the selected one. */
  protected choose(name: string): void {
    this.active = name;
    const entry = this.entryOf(this.selected);
    if (entry && entry.region.label !== name) {
      this.change(() => (entry.region = { ...entry.region, label: name }));
    } else {
      this.refresh();
    }
  }

  /** Add a region of the active class and select it; return its id. */
  protected add(place: Record<string, unknown>, id = fresh()): string {
    this.change(() => {
      this.entries.push({ id, region: { label: this.active, ...place } });
      this.selected = id;
    });
    return id;
  }

  protected move(id: string, place: Record<string, unknown>): void {
    const entry = this.entryOf(id);
    if (entry) {
      this.change(() => (entry.region = { label: entry.region.label, ...place }));
    }
  }

  protected remove(id: string): void {
    this.change(() => {
      this.entries = this.entries.filter(entry => entry.id !== id);
      this.selected = null;
    });
  }

  protected select(id: string | null): void {
    this.selected = id;
    const entry = this.entryOf(id);
    if (entry) {
      this.active = entry.region.label;
    }
    this.refresh();
  }

  protected entryOf(id: string | null): IEntry | undefined {
    return this.entries.find(entry => entry.id === id);
  }

  /** Do *step* so that it can be undone, and show what came of it. */
  protected change(step: () => void): void {
    this._before.push(this.entries.map(entry => ({ ...entry })));
    step();
    this.refresh();
    this.host.changed();
  }

  protected refresh(): void {
    this.draw();
    this.palette.mark([this.active]);
    this._list.replaceChildren(...this.entries.map(entry => this._button(entry)));
  }

  private _step(by: number): boolean {
    if (this.entries.length === 0) {
      return false;
    }
    const at = this.entries.findIndex(entry => entry.id === this.selected);
    const next = at < 0 ? (by > 0 ? 0 : this.entries.length - 1) : at + by;
    const n = this.entries.length;
    this.select(this.entries[(next + n) % n]?.id ?? null);
    return true;
  }

  private _button({ id, region }: IEntry): HTMLElement {
    const dot = h('span', { class: 'wb-anno-dot' });
    dot.style.background = this.palette.color(region.label);
    const button = h(
      'button',
      {
        class: 'wb-anno-region',
        type: 'button',
        role: 'listitem',
        tabindex: -1,
        'aria-pressed': String(id === this.selected)
      },
      dot,
      h('span', { class: 'wb-anno-name' }, region.label),
      h('span', { class: 'wb-anno-more' }, this.place(region))
    );
    button.addEventListener('click', () => this.select(id === this.selected ? null : id));
    return button;
  }
}

export function fresh(): string {
  return `r${(count += 1)}`;
}

/** Return *value* rounded to a thousandth, as labels keep it. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
