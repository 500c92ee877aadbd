// The canvas over a picture: it covers what is seen of it, in the resolution in which that is shown, and draws masks there.

import { h } from '../../dom';
import { seenOf } from '../zoom';
import { type IMask } from './mask';
import { type Point } from './strokes';

export interface IPainted {
  mask: IMask;
  /** #rrggbb */
  color: string;
  /** How much it covers, 0 to 255. */
  alpha: number;
}

export class Layer {
  readonly canvas = h('canvas', { class: 'wb-anno-masks' });
  private _ring = h('div', { class: 'wb-anno-ring' });
  private _frame: HTMLElement;
  /** Pixels of the canvas per pixel of the original, and the pixel of the original at its upper left. */
  private _scale = 1;
  private _left = 0;
  private _top = 0;

  constructor(
    private _image: HTMLImageElement,
    private _width: number,
    private _height: number
  ) {
    this._frame = _image.closest<HTMLElement>('.wb-anno-frame') as HTMLElement;
    this._frame.classList.add('wb-anno-painting');
    this._frame.append(this.canvas, this._ring);
  }

  remove(): void {
    this.canvas.remove();
    this._ring.remove();
  }

  /** Pixels of the original per pixel of the page. */
  get grain(): number {
    return this._width / Math.max(1, this._image.getBoundingClientRect().width);
  }

  /** Cover what is seen now. */
  place(): void {
    const { x, y, w, h } = seenOf(this._image);
    const all = this._image.getBoundingClientRect();
    const style = { left: x, top: y, width: w, height: h };
    for (const [name, share] of Object.entries(style)) {
      this.canvas.style.setProperty(name, `${share * 100}%`);
    }
    const density = window.devicePixelRatio;
    this.canvas.width = Math.max(1, Math.round(w * all.width * density));
    this.canvas.height = Math.max(1, Math.round(h * all.height * density));
    this._scale = (all.width * density) / this._width;
    this._left = x * this._width;
    this._top = y * this._height;
  }

  /** Return the place of the original that a pointer is at. */
  pointOf(event: { clientX: number; clientY: number }): Point {
    const box = this._image.getBoundingClientRect();
    return [
      ((event.clientX - box.x) / box.width) * this._width,
      ((event.clientY - box.y) / box.height) * this._height
    ];
  }

  /** Show how large the brush is, and where; *size* in pixels of the page. */
  point([x, y]: Point, size: number, color: string): void {
    const { style } = this._ring;
    style.left = `${(x / this._width) * 100}%`;
    style.top = `${(y / this._height) * 100}%`;
    style.width = style.height = `${size}px`;
    style.borderColor = color;
  }

  /** Bring the brush into sight. */
  reach(): void {
    this._ring.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  line(p: Point, q: Point, color: string): void {
    const context = this.canvas.getContext('2d');
    if (context) {
      context.strokeStyle = color;
      context.lineWidth = 2 * window.devicePixelRatio;
      context.beginPath();
      context.moveTo(...this._shown(p));
      context.lineTo(...this._shown(q));
      context.stroke();
    }
  }

  /** Draw the columns from *first* to before *end* of masks, the last one on top. */
  paint(painted: readonly IPainted[], first = 0, end = this._width): void {
    const { width, height } = this.canvas;
    const from = Math.max(0, Math.floor((first - this._left) * this._scale));
    const to = Math.min(width, Math.ceil((end - this._left) * this._scale));
    const context = this.canvas.getContext('2d');
    if (!context || to <= from) {
      return;
    }
    const image = context.createImageData(to - from, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (const { mask, color, alpha } of painted) {
      this._fill(pixels, from, to, mask, inked(color, alpha));
    }
    context.putImageData(image, from, 0);
  }

  private _fill(pixels: Uint32Array, from: number, to: number, mask: IMask, ink: number): void {
    const { _scale: scale, _left: left, _top: top } = this;
    const { height } = this.canvas;
    const last = Math.min(mask.width, Math.ceil(left + to / scale));
    for (let x = Math.max(0, Math.floor(left + from / scale)); x < last; x += 1) {
      const column = mask.columns[x] as readonly number[];
      if (column.length === 0) {
        continue;
      }
      const a = Math.max(from, Math.floor((x - left) * scale));
      const b = Math.min(to, Math.max(a + 1, Math.floor((x + 1 - left) * scale)));
      for (let i = 0; i < column.length; i += 2) {
        const start = Math.floor(((column[i] as number) - top) * scale);
        const stop = Math.floor(((column[i + 1] as number) - top) * scale);
        for (let y = Math.max(0, start); y < Math.min(height, Math.max(start + 1, stop)); y += 1) {
          pixels.fill(ink, y * (to - from) + a - from, y * (to - from) + b - from);
        }
      }
    }
  }

  private _shown([x, y]: Point): [number, number] {
    return [(x - this._left) * this._scale, (y - this._top) * this._scale];
  }
}

/** Return a color as the pixels of a canvas hold it, on machines that begin with the lowest byte, as all of them do. */
function inked(color: string, alpha: number): number {
  const [r, g, b] = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16)) as [
    number,
    number,
    number
  ];
  return ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
