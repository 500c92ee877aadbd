// One stroke: from where the brush is put down to where it is lifted; what it does to the masks of a picture.

import { blank, type IMask, joined, without } from './mask';
import { enclosed, type Point, type Span, swept } from './strokes';

/** The mask of a class. */
export interface ILayer {
  id: string;
  label: string;
  mask: IMask;
}

/** How a stroke begins. */
export interface IStart {
  width: number;
  height: number;
  erases: boolean;
  /** Whether what it goes around is filled, instead of what it goes over. */
  isOutline: boolean;
  /** The mask that was chosen; without one a brush takes that of its class, and an eraser all. */
  chosen: string | null;
  label: string;
  /** Of a mask that is begun. */
  id: string;
}

export class Stroke {
  readonly layers: ILayer[];
  readonly touched = new Set<string>();
  private _target: ILayer | null;
  private _points: Point[] = [];

  constructor(
    layers: readonly ILayer[],
    private _start: IStart
  ) {
    this.layers = layers.map(layer => {
      const columns = [...layer.mask.columns];
      return { ...layer, mask: { ...layer.mask, columns } };
    });
    this._target = this._found() ?? null;
    if (!this._target && !_start.erases) {
      const { id, label, width, height } = _start;
      this._target = { id, label, mask: blank(width, height) };
      this.layers.push(this._target);
    }
  }

  get isOutline(): boolean {
    return this._start.isOutline;
  }

  /** Whether it has been anywhere else than where it began. */
  get hasBegun(): boolean {
    return this._points.length > 1;
  }

  /** Go on to *at*; return from which column to before which one masks changed. */
  go(at: Point, radius: number): [number, number] {
    const { width, height, isOutline } = this._start;
    const last = this._points.at(-1) ?? at;
    if (isOutline) {
      this._points.push(at);
      return [0, 0];
    }
    this._points = [at];
    return this._cover(swept(last, at, radius, width, height));
  }

  /** Fill an outline. */
  end(): void {
    const { width, height, isOutline } = this._start;
    if (isOutline) {
      this._cover(enclosed(this._points, width, height));
    }
  }

  private _found(): ILayer | undefined {
    const { chosen, erases, label } = this._start;
    const layer = this.layers.find(({ id }) => id === chosen);
    return layer ?? (erases ? undefined : this.layers.find(each => each.label === label));
  }

  /** Paint spans, or take them away; a pixel has one class, so what paints one mask takes from the others. */
  private _cover(spans: Span[]): [number, number] {
    const { erases } = this._start;
    let [first, end] = [Infinity, 0];
    for (const [x, from, to] of spans) {
      for (const layer of this.layers) {
        const isTarget = layer === this._target;
        const column = layer.mask.columns[x] ?? [];
        const takes = erases ? isTarget || !this._target : !isTarget;
        const kept = takes ? without(column, from, to) : column;
        layer.mask.columns[x] = isTarget && !erases ? joined(kept, from, to) : kept;
        if (layer.mask.columns[x] !== column) {
          this.touched.add(layer.id);
        }
      }
      [first, end] = [Math.min(first, x), Math.max(end, x + 1)];
    }
    return [first, end];
  }
}
