// Painting which pixels of a picture belong to each class: with a brush, an eraser, and by drawing around.

import { h } from '../../dom';
import { type IShown, type Label } from '../protocol';
import { fresh, type IEntry, type Region, RegionTool } from '../regions';
import { type Help, type IHost } from '../tool';
import { ARROWS } from '../zoom';
import { type IPainted, Layer } from './layer';
import { decoded, encoded, type ICoded, type IMask, nPixels } from './mask';
import { type ILayer, Stroke } from './stroke';
import { type Point } from './strokes';

const MODES = { brush: 'Brush', eraser: 'Eraser', outline: 'Outline' };
type Mode = keyof typeof MODES;
/** Of the brush, in pixels of the page: a part of the picture that is shown larger is painted finer. */
const SIZES = [1, 2, 4, 6, 9, 13, 18, 25, 36, 50, 70, 100, 140, 200];
/** Of the pen that draws an outline. */
const POINT = 4;

export class Brush extends RegionTool {
  readonly help: Help = [
    ['1 2 3 …', 'class to paint, or of the selected mask'],
    ['drag', 'paint; with Shift, erase'],
    ['N', 'brush, eraser, outline that is filled'],
    [', .', 'smaller, larger brush'],
    ['← ↑ → ↓', 'move the brush; with Alt, by a pixel'],
    ['Space', 'put the brush down, lift it'],
    ['[ ]', 'select a mask: to add to it, or for another class'],
    ['Del', 'remove it'],
    ['Enter', 'these masks, next item']
  ];
  private _layer: Layer | null = null;
  private _mode: Mode = 'brush';
  private _size = 7;
  private _at: Point = [0, 0];
  private _stroke: Stroke | null = null;
  private _masks = new WeakMap<object, IMask>();
  private _bar = h('div', { class: 'wb-anno-modes', role: 'group', 'aria-label': 'Tools' });

  constructor(host: IHost) {
    super(host, host.setup.classes);
    this.panel.prepend(this._bar);
  }

  zoomed(): void {
    this._layer?.place();
    this.draw();
  }

  override label(): Label | null {
    this._lift();
    return super.label();
  }

  override undo(): boolean {
    this._lift();
    return super.undo();
  }

  override press(event: KeyboardEvent): boolean {
    const { key, ctrlKey, metaKey } = event;
    if (ctrlKey || metaKey || !this._layer) {
      return super.press(event);
    }
    if (ARROWS[key]) {
      this._walk(ARROWS[key], event.altKey);
    } else if (key === ',' || key === '.') {
      this._size = Math.max(0, Math.min(SIZES.length - 1, this._size + (key === '.' ? 1 : -1)));
      this._showBrush();
    } else if (key === ' ') {
      this._press(event.shiftKey);
    } else if (key === 'n') {
      const modes = Object.keys(MODES) as Mode[];
      this._take(modes[(modes.indexOf(this._mode) + 1) % modes.length] as Mode);
    } else {
      this._lift();
      return super.press(event);
    }
    return true;
  }

  clear(): void {
    this._stroke = null;
    this._layer?.remove();
    this._layer = null;
  }

  protected open(item: IShown, stage: HTMLElement): void {
    this.clear();
    const image = stage.querySelector('img');
    if (!image || !item.width || !item.height) {
      return;
    }
    const layer = new Layer(image, item.width, item.height);
    this._layer = layer;
    this._at = [item.width / 2, item.height / 2];
    const { canvas } = layer;
    canvas.addEventListener('pointerdown', event => {
      if (event.button === 0) {
        this._lift();
        canvas.setPointerCapture(event.pointerId);
        this._put(layer.pointOf(event), event.shiftKey);
      }
    });
    canvas.addEventListener('pointermove', event => {
      const isDrag = canvas.hasPointerCapture(event.pointerId);
      const places = isDrag ? placesOf(event) : [event];
      places.forEach(place => this._go(layer.pointOf(place), isDrag));
    });
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, () => this._lift());
    }
    image.addEventListener('load', () => this.zoomed(), { once: true });
    layer.place();
  }

  /** The masks of the picture's size; what was painted in another one has no place in it. */
  protected override read(label: Label | null): Region[] {
    return super.read(label).filter(region => {
      const coded = region['mask'] as ICoded | undefined;
      const mask = coded ? decoded(coded) : null;
      if (!coded || mask?.width !== this.item?.width || mask?.height !== this.item?.height) {
        return false;
      }
      this._masks.set(coded, mask as IMask);
      return true;
    });
  }

  protected draw(): void {
    this._showBrush();
    this._layer?.paint(this._painted());
  }

  protected place(region: Region): string {
    const mask = this._maskOf(region);
    const share = (100 * nPixels(mask)) / (mask.width * mask.height);
    return `${share < 0.1 ? '< 0.1' : share.toFixed(1)} %`;
  }

  private _maskOf(region: Region): IMask {
    return this._masks.get(region['mask'] as ICoded) as IMask;
  }

  private get _layers(): ILayer[] {
    return this.entries.map(({ id, region }) => ({
      id,
      label: region.label,
      mask: this._maskOf(region)
    }));
  }

  private _painted(): IPainted[] {
    return (this._stroke?.layers ?? this._layers).map(({ id, label, mask }) => ({
      mask,
      color: this.palette.color(label),
      alpha: id === this.selected ? 190 : 120
    }));
  }

  private get _radius(): number {
    return ((SIZES[this._size] as number) / 2) * (this._layer?.grain ?? 1);
  }

  private _take(mode: Mode): void {
    this._lift();
    this._mode = mode;
    this._showBrush();
  }

  private get _ink(): string {
    const label = this.entryOf(this.selected)?.region.label ?? this.active;
    return this._mode === 'eraser' ? '#ffffff' : this.palette.color(label);
  }

  private _showRing(): void {
    const size = this._mode === 'outline' ? POINT : (SIZES[this._size] as number);
    this._layer?.point(this._at, size, this._ink);
  }

  private _showBrush(): void {
    this._showRing();
    const buttons = Object.entries(MODES).map(([mode, name]) => {
      const button = h(
        'button',
        {
          class: 'wb-anno-button',
          type: 'button',
          tabindex: -1,
          'aria-pressed': String(mode === this._mode)
        },
        name
      );
      button.addEventListener('click', () => this._take(mode as Mode));
      return button;
    });
    this._bar.replaceChildren(
      ...buttons,
      h(
        'span',
        { class: 'wb-anno-more' },
        `${SIZES[this._size]} px `,
        h('kbd', {}, ','),
        h('kbd', {}, '.')
      )
    );
  }

  /** Put the brush down where it is, or lift it. */
  private _press(erases: boolean): void {
    if (this._stroke) {
      this._lift();
    } else {
      this._put(this._at, erases);
    }
  }

  private _walk([dx, dy]: [number, number], isFine: boolean): void {
    const step = isFine ? 1 : Math.max(1, Math.round(this._radius));
    this._go([this._at[0] + dx * step, this._at[1] + dy * step], this._stroke !== null);
    this._layer?.reach();
  }

  /** Begin a stroke where the brush is put. */
  private _put(at: Point, erases: boolean): void {
    this._stroke = new Stroke(this._layers, {
      width: this.item?.width ?? 0,
      height: this.item?.height ?? 0,
      erases: erases || this._mode === 'eraser',
      isOutline: this._mode === 'outline',
      chosen: this.selected,
      label: this.active,
      id: fresh()
    });
    this._go(at, true);
  }

  /** Move the brush, and paint on the way when it is down. */
  private _go([x, y]: Point, isDown: boolean): void {
    const { width, height } = this.item ?? {};
    const layer = this._layer;
    if (!layer || !width || !height) {
      return;
    }
    const last = this._at;
    this._at = [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
    const stroke = this._stroke;
    this._showRing();
    if (!isDown || !stroke) {
      return;
    }
    const [first, end] = stroke.go(this._at, this._radius);
    if (!stroke.isOutline) {
      layer.paint(this._painted(), first, end);
    } else if (stroke.hasBegun) {
      layer.line(last, this._at, this._ink);
    }
  }

  /** End the stroke: what came of it is a step that can be undone. */
  private _lift(): void {
    const stroke = this._stroke;
    if (!stroke) {
      return;
    }
    stroke.end();
    this._stroke = null;
    if (stroke.touched.size > 0) {
      this.change(() => (this.entries = stroke.layers.flatMap(each => this._kept(each, stroke))));
    } else {
      this.draw();
    }
  }

  private _kept({ id, label, mask }: ILayer, { touched }: Stroke): IEntry[] {
    const before = this.entryOf(id);
    if (!touched.has(id)) {
      return before ? [before] : [];
    }
    if (mask.columns.every(column => column.length === 0)) {
      return [];
    }
    const coded = encoded(mask);
    this._masks.set(coded, mask);
    return [{ id, region: { label, mask: coded } }];
  }
}

/** A hand that is faster than the screen leaves more places than one a frame; browsers tell them where pages are secure. */
function placesOf(event: PointerEvent): PointerEvent[] {
  const places = (event as Partial<PointerEvent>).getCoalescedEvents?.call(event) ?? [];
  return places.length > 0 ? places : [event];
}
