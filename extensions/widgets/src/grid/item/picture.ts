// A picture with its regions on one canvas, which zooms about the pointer and is dragged.

import { h } from '../../dom';
import { type IRead, type IRegion } from '../labels';
import { type IPlace, paintRegions, regionAt } from '../overlay';
import { type IPane } from './stage';

const MOST = 40;

export class Picture implements IPane {
  readonly node: HTMLElement;
  private _canvas = h('canvas', { class: 'wb-picture', role: 'img' });
  private _image = new Image();
  private _url: string;
  private _zoom = 1;
  private _shift = { x: 0, y: 0 };
  private _shows = { label: true, guess: true };
  private _lit: IRegion | null = null;
  private _drag: { x: number; y: number } | null = null;
  private _resized = new ResizeObserver(() => this._paint());

  constructor(
    content: Blob,
    private _size: { width: number; height: number },
    title: string,
    private _label: IRead,
    private _guess: IRead,
    private _colorOf: (label: string) => string
  ) {
    this.node = h('figure', { class: 'wb-picture-pane' }, this._canvas);
    if (title) {
      this.node.append(h('figcaption', {}, `${title}: ${_label.said || 'unlabeled'}`));
    }
    this._canvas.setAttribute('aria-label', _label.said || 'unlabeled');
    this._url = URL.createObjectURL(content);
    this._image.onload = () => this._paint();
    this._image.src = this._url;
    this._canvas.addEventListener('wheel', event => this._onWheel(event), { passive: false });
    this._canvas.addEventListener('pointerdown', event => this._onDown(event));
    this._canvas.addEventListener('pointermove', event => this._onMove(event));
    this._canvas.addEventListener('pointerup', () => (this._drag = null));
    this._canvas.addEventListener('dblclick', () => this._reset());
    this._resized.observe(this._canvas);
  }

  onKey(key: string): boolean {
    const middle = { x: this._canvas.clientWidth / 2, y: this._canvas.clientHeight / 2 };
    const todo: Record<string, () => void> = {
      '+': () => this._zoomBy(1.25, middle),
      '-': () => this._zoomBy(0.8, middle),
      '0': () => this._reset(),
      l: () => this._toggle('label'),
      p: () => this._toggle('guess')
    };
    todo[key]?.();
    return key in todo;
  }

  dispose(): void {
    this._resized.disconnect();
    URL.revokeObjectURL(this._url);
  }

  /** Return where the picture lies on the canvas, in CSS pixels. */
  private _place(): IPlace {
    const { clientWidth, clientHeight } = this._canvas;
    const { width, height } = this._size;
    const scale = Math.min(clientWidth / width, clientHeight / height, MOST) * this._zoom;
    return {
      x: (clientWidth - width * scale) / 2 + this._shift.x,
      y: (clientHeight - height * scale) / 2 + this._shift.y,
      width: width * scale,
      height: height * scale
    };
  }

  private _paint(): void {
    const { clientWidth, clientHeight } = this._canvas;
    const context = this._canvas.getContext('2d');
    if (!context || !this._image.complete || clientWidth === 0) {
      return;
    }
    const ratio = window.devicePixelRatio || 1;
    this._canvas.width = Math.round(clientWidth * ratio);
    this._canvas.height = Math.round(clientHeight * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const place = this._place();
    context.imageSmoothingEnabled = place.width / this._size.width < 3; // pixels stay square when they are large
    context.drawImage(this._image, place.x, place.y, place.width, place.height);
    const font = getComputedStyle(this._canvas).fontFamily;
    const style = { line: 2, names: true, font, lit: this._lit };
    if (this._shows.guess) {
      const regions = this._guess.regions;
      paintRegions(context, regions, this._size, place, this._colorOf, {
        ...style,
        dashed: true,
        names: false
      });
    }
    if (this._shows.label) {
      const regions = this._label.regions;
      paintRegions(context, regions, this._size, place, this._colorOf, { ...style, dashed: false });
    }
    this._canvas.dataset['painted'] = `${this._label.regions.length} ${this._guess.regions.length}`;
  }

  private _zoomBy(factor: number, at: { x: number; y: number }): void {
    const before = this._place();
    const zoom = Math.min(MOST, Math.max(1, this._zoom * factor));
    const grown = zoom / this._zoom;
    this._zoom = zoom;
    if (zoom === 1) {
      this._shift = { x: 0, y: 0 };
    } else {
      const now = this._place();
      this._shift.x += at.x - (at.x - before.x) * grown - now.x;
      this._shift.y += at.y - (at.y - before.y) * grown - now.y;
    }
    this._paint();
  }

  private _reset(): void {
    this._zoom = 1;
    this._shift = { x: 0, y: 0 };
    this._paint();
  }

  private _toggle(what: 'label' | 'guess'): void {
    this._shows[what] = !this._shows[what];
    this._paint();
  }

  private _onWheel(event: WheelEvent): void {
    event.preventDefault();
    this._zoomBy(Math.exp(-event.deltaY / 300), { x: event.offsetX, y: event.offsetY });
  }

  private _onDown(event: PointerEvent): void {
    this._canvas.setPointerCapture(event.pointerId);
    this._drag = { x: event.offsetX - this._shift.x, y: event.offsetY - this._shift.y };
  }

  private _onMove(event: PointerEvent): void {
    if (this._drag && event.buttons) {
      this._shift = { x: event.offsetX - this._drag.x, y: event.offsetY - this._drag.y };
      this._paint();
      return;
    }
    const place = this._place();
    const scale = this._size.width / place.width;
    const x = (event.offsetX - place.x) * scale;
    const y = (event.offsetY - place.y) * scale;
    const lit = regionAt(this._label.regions, x, y, 6 * scale);
    if (lit !== this._lit) {
      this._lit = lit;
      this._canvas.title = lit?.label ?? '';
      this._paint();
    }
  }
}
