// The map of items: a point for each by its vector; drag a line round some of them to see only those.

import { h, onTheme } from '../../dom';
import { colorAt } from '../../palette';
import { type IHost, type IPanel } from '../parts';
import { type IQuery } from '../protocol';
import { namesIn } from '../tiles';
import { type ICamera, type IPoints, pixelOf, rasterize, thinned, toMap } from './raster';

const SIDE = 420;
const MARGIN = 0.92;

class MapView implements IPanel {
  readonly node = h('div', { class: 'wb-map' });
  private _canvas = h('canvas', {
    class: 'wb-map-canvas',
    tabindex: 0,
    role: 'img',
    'aria-label':
      'Map of items: drag to choose, wheel to zoom, shift and drag to move, Escape to see all'
  });
  private _legend = h('div', { class: 'wb-map-legend' });
  private _color = h('select', { class: 'wb-grid-sort', 'aria-label': 'Color by' });
  private _how = h('select', { class: 'wb-grid-sort', 'aria-label': 'Layout' });
  private _said = h('span', { class: 'wb-map-said', role: 'status' });
  private _points: IPoints | null = null;
  private _names: string[] = [];
  private _camera: ICamera = { x: 0.5, y: 0.5, scale: SIDE * MARGIN };
  private _outline: [number, number][] | null = null;
  private _moving: { x: number; y: number } | null = null;
  private _asked = '';
  private _frame = 0;
  /** The points as they were drawn last, and of which camera: drawing an outline over them draws none anew. */
  private _drawn: { image: ImageData; of: string } | null = null;
  private _stop = onTheme(() => {
    this._drawn = null;
    this._draw();
  });

  constructor(private _host: IHost) {
    const hint = h('span', { class: 'wb-item-hint' }, 'drag: choose · wheel: zoom · shift: move');
    this._how.append(
      h('option', { value: 'pca' }, 'by main directions'),
      h('option', { value: 'tsne' }, 'by neighbors (slower)')
    );
    const head = h('div', { class: 'wb-map-head' }, this._how, this._color, this._said);
    this.node.append(head, this._canvas, this._legend, hint);
    this._color.addEventListener('change', () => void this._load(true));
    this._how.addEventListener('change', () => {
      const map = this._how.value as IQuery['map'];
      _host.store.ask({ map, lasso: [] }); // what was drawn on another map means nothing on this one
    });
    this._canvas.addEventListener('pointerdown', event => this._onDown(event));
    this._canvas.addEventListener('pointermove', event => this._onMove(event));
    this._canvas.addEventListener('pointerup', () => this._onUp());
    this._canvas.addEventListener('wheel', event => this._onWheel(event), { passive: false });
    this._canvas.addEventListener('keydown', event => this._onKey(event));
  }

  update(): void {
    void this._load(false);
  }

  dispose(): void {
    this._stop();
    cancelAnimationFrame(this._frame);
  }

  /** Ask for the points when what they show is another; turning a page changes nothing here. */
  private async _load(force: boolean): Promise<void> {
    const { model } = this._host.store;
    const { filters, ranges, differs, text, versus, map } = model.get('query');
    const about = JSON.stringify([filters, ranges, differs, text, versus, map, model.get('title')]);
    this._how.value = map;
    if (!force && about === this._asked) {
      this._draw();
      return;
    }
    this._asked = about;
    this._said.textContent = 'Mapping …';
    const color = this._color.value || namesIn(this._host.store);
    try {
      const { told, buffers } = await this._host.store.question('map', { color });
      if (about !== this._asked) {
        return;
      }
      this._take(told, buffers, color);
    } catch {
      this._said.textContent = this._host.store.problem?.message ?? '';
    }
  }

  private _take(told: Record<string, unknown>, buffers: DataView[], color: string): void {
    const [xy, codes, shown] = buffers.map(
      b => new Uint8Array(b.buffer, b.byteOffset, b.byteLength)
    );
    this._drawn = null;
    this._points = {
      xy: new Float32Array((xy as Uint8Array).slice().buffer), // a copy, as the message may lie anywhere
      codes: codes as Uint8Array,
      shown: shown as Uint8Array
    };
    this._names = told['names'] as string[];
    const columns = told['colors'] as string[];
    const options = columns.map(value =>
      h('option', { value, selected: value === color }, `color: ${value.replaceAll('_', ' ')}`)
    );
    this._color.replaceChildren(...options);
    const legend = this._names.map((name, i) => {
      const dot = h('span', { class: 'wb-chip-dot' });
      dot.style.background = this._colorOf(name, i);
      return h('span', {}, dot, name);
    });
    this._legend.replaceChildren(...legend);
    const n = this._points.shown.reduce((sum, one) => sum + one, 0);
    this._said.textContent = `${n.toLocaleString('en')} items`;
    this._draw();
  }

  private _colorOf(name: string, i: number): string {
    const known = this._host.store.model.get('about').classes.includes(name);
    return known ? this._host.colorOf(name) : colorAt(i);
  }

  private _draw(): void {
    cancelAnimationFrame(this._frame);
    this._frame = requestAnimationFrame(() => this._paint());
  }

  private _paint(): void {
    const context = this._canvas.getContext('2d');
    const points = this._points;
    if (!context || !points) {
      return;
    }
    const ratio = window.devicePixelRatio || 1;
    const side = Math.round(SIDE * ratio);
    if (this._canvas.width !== side) {
      this._canvas.width = this._canvas.height = side;
    }
    const of = JSON.stringify([this._camera, side]);
    if (this._drawn?.of !== of) {
      this._drawn = { image: this._rasterized(context, points, side, ratio), of };
    }
    context.putImageData(this._drawn.image, 0, 0);
    this._paintOutline(context, ratio);
    this._canvas.dataset['points'] = String(points.codes.length);
  }

  private _rasterized(
    context: CanvasRenderingContext2D,
    points: IPoints,
    side: number,
    ratio: number
  ): ImageData {
    const image = context.createImageData(side, side);
    const palette = new Uint32Array(256).fill(pixelOf(colorAt(-1)));
    this._names.forEach((name, i) => (palette[i] = pixelOf(this._colorOf(name, i))));
    const camera = { ...this._camera, scale: this._camera.scale * ratio };
    const n = points.codes.length;
    const size = Math.round((n > 200_000 ? 1 : n > 20_000 ? 2 : n > 2000 ? 3 : 5) * ratio);
    const pixels = new Uint32Array(image.data.buffer);
    rasterize(pixels, side, side, points, camera, palette, pixelOf(colorAt(-1), 40), size);
    return image;
  }

  private _paintOutline(context: CanvasRenderingContext2D, ratio: number): void {
    const outline = this._outline ?? this._host.store.model.get('query').lasso;
    if (outline.length < 2) {
      return;
    }
    const { x, y, scale } = this._camera;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.beginPath();
    for (const [px, py] of outline) {
      context.lineTo(SIDE / 2 + (px - x) * scale, SIDE / 2 + (py - y) * scale);
    }
    context.closePath();
    const style = getComputedStyle(this._canvas);
    context.strokeStyle = style.getPropertyValue('--wb-brand').trim() || '#1976d2';
    context.lineWidth = 1.5;
    context.stroke();
    context.globalAlpha = 0.08;
    context.fillStyle = context.strokeStyle;
    context.fill();
    context.globalAlpha = 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  private _onDown(event: PointerEvent): void {
    this._canvas.focus();
    this._canvas.setPointerCapture(event.pointerId);
    if (event.shiftKey || event.button !== 0) {
      this._moving = { x: event.offsetX, y: event.offsetY };
    } else {
      this._outline = [this._under(event)];
    }
  }

  private _onMove(event: PointerEvent): void {
    if (this._moving) {
      this._camera.x -= (event.offsetX - this._moving.x) / this._camera.scale;
      this._camera.y -= (event.offsetY - this._moving.y) / this._camera.scale;
      this._moving = { x: event.offsetX, y: event.offsetY };
      this._draw();
    } else if (this._outline) {
      this._outline.push(this._under(event));
      this._draw();
    }
  }

  private _onUp(): void {
    this._moving = null;
    if (this._outline) {
      const lasso = thinned(this._outline, 2 / this._camera.scale);
      this._outline = null;
      this._host.store.ask({ lasso: lasso.length > 2 ? lasso : [] }); // a click shows all again
    }
    this._draw();
  }

  private _onWheel(event: WheelEvent): void {
    event.preventDefault();
    const [x, y] = this._under(event);
    const grown = Math.min(
      200,
      Math.max(1, (this._camera.scale / SIDE) * Math.exp(-event.deltaY / 300))
    );
    const share = this._camera.scale / (grown * SIDE);
    this._camera = {
      x: x + (this._camera.x - x) * share,
      y: y + (this._camera.y - y) * share,
      scale: grown * SIDE
    };
    this._draw();
  }

  private _onKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Escape' && this._host.store.model.get('query').lasso.length > 0) {
      this._host.store.ask({ lasso: [] });
    } else if (event.key === 'Escape' || event.key === 'm') {
      this._host.close();
    } else if (event.key === '0') {
      this._camera = { x: 0.5, y: 0.5, scale: SIDE * MARGIN };
      this._draw();
    }
  }

  private _under(event: MouseEvent): [number, number] {
    return toMap(event.offsetX, event.offsetY, SIDE, SIDE, this._camera);
  }
}

export default (host: IHost): IPanel => new MapView(host);
