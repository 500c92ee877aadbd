// Points on a picture: a click or N sets one, a drag or the arrow keys move it.

import { s } from '../../dom';
import { type IShown } from '../protocol';
import { type Region, RegionTool, rounded } from '../regions';
import { type Help, type IHost } from '../tool';
import { ARROWS, type IPart, seenOf, stepIn } from '../zoom';

/** The size of a mark, as a share of what is seen. */
const MARK = 0.012;

export class Points extends RegionTool {
  readonly help: Help = [
    ['1 2 3 …', 'class of the next point, and of the selected one'],
    ['click', 'a point; the next class follows'],
    ['N', 'a new one in the middle of what is seen'],
    ['← ↑ → ↓', 'move it; with Alt, by a pixel'],
    ['[ ]', 'select another'],
    ['Del', 'remove it'],
    ['Enter', 'these points, next item']
  ];
  private _layer: SVGSVGElement | null = null;

  constructor(host: IHost) {
    super(host, host.setup.classes);
  }

  protected open(item: IShown, stage: HTMLElement): void {
    this.clear();
    const image = stage.querySelector('img');
    if (!image) {
      return;
    }
    const size = { width: item.width ?? 1, height: item.height ?? 1 };
    const layer = s('svg', {
      class: 'wb-anno-points',
      viewBox: `0 0 ${size.width} ${size.height}`,
      preserveAspectRatio: 'none'
    });
    layer.addEventListener('pointerdown', event => this._onPress(event));
    image.after(layer);
    this._layer = layer;
  }

  zoomed(): void {
    this.draw();
  }

  protected draw(): void {
    const seen = this._seen;
    const r = Math.max(seen.w, seen.h) * MARK;
    const marks = this.entries.map(({ id, region }) => {
      const [cx, cy] = region['point'] as [number, number];
      const isSelected = id === this.selected;
      return s('circle', {
        cx,
        cy,
        r,
        'data-id': id,
        fill: this.palette.color(region.label),
        stroke: isSelected ? '#000' : '#fff',
        'stroke-width': r * (isSelected ? 0.6 : 0.3)
      });
    });
    this._layer?.replaceChildren(...marks);
  }

  protected place(region: Region): string {
    return (region['point'] as number[]).map(Math.round).join(', ');
  }

  override press(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey) {
      return false;
    }
    const { x, y, w, h } = this._seen;
    if (event.key === 'n' && this._layer) {
      this.add({ point: [rounded(x + w / 2), rounded(y + h / 2)] });
      return true;
    }
    const arrow = ARROWS[event.key];
    const entry = this.entryOf(this.selected);
    if (arrow && entry) {
      const step = stepIn(this._seen, event);
      const [left, top] = entry.region['point'] as [number, number];
      const point = this._inside([left + arrow[0] * step, top + arrow[1] * step]);
      this.move(entry.id, { point });
      return true;
    }
    return super.press(event);
  }

  clear(): void {
    this._layer?.remove();
    this._layer = null;
  }

  private get _seen(): IPart {
    return seenOf(this._layer, this.item?.width ?? 1, this.item?.height ?? 1);
  }

  private _onPress(event: PointerEvent): void {
    if (event.button !== 0) {
      return;
    }
    const id = (event.target as Element).getAttribute('data-id');
    if (id === null) {
      this.add({ point: this._pointOf(event) });
      this.active = this._next();
      this.palette.mark([this.active]);
      return;
    }
    this.select(id);
    const layer = this._layer;
    const stop = (up: PointerEvent): void => {
      layer?.removeEventListener('pointerup', stop);
      if (Math.hypot(up.clientX - event.clientX, up.clientY - event.clientY) > 3) {
        this.move(id, { point: this._pointOf(up) });
      }
    };
    layer?.addEventListener('pointerup', stop);
  }

  /** The class after the one just set: points of a figure are set in their order. */
  private _next(): string {
    const { classes } = this.host.setup;
    return classes[(classes.indexOf(this.active) + 1) % classes.length] ?? this.active;
  }

  private _pointOf(event: PointerEvent): [number, number] {
    const box = this._layer?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    const { width, height } = this.item ?? {};
    const x = ((event.clientX - box.left) / box.width) * (width ?? 1);
    return this._inside([x, ((event.clientY - box.top) / box.height) * (height ?? 1)]);
  }

  private _inside([x, y]: [number, number]): [number, number] {
    const clamp = (value: number, most: number): number =>
      rounded(Math.min(Math.max(value, 0), most));
    return [clamp(x, this.item?.width ?? 0), clamp(y, this.item?.height ?? 0)];
  }
}
