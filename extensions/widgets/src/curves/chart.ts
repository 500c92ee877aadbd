// One pane of curves as SVG: axes, lines, the best step marked, and a reading under the pointer.

import { h, s } from '../dom';
import { colorAt } from '../palette';
import { type IBest, type IPane, type IPoint } from './protocol';
import { type IRange, nearest, rangeOf, short, ticks } from './scale';

const HEIGHT = 190;
const LEFT = 44;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 22;
const DOTS_UP_TO = 40;

export interface IContent {
  pane: IPane;
  points: IPoint[];
  best: IBest | null;
  /** The step that the pointer is on, in any pane. */
  at: number | null;
}

interface IAxes {
  x(step: number): number;
  y(value: number): number;
  steps: IRange;
  values: IRange;
  width: number;
}

export class Chart {
  readonly node = h('figure', { class: 'wb-pane' });
  private _caption = h('figcaption', { class: 'wb-pane-head' });
  private _svg = s('svg', { class: 'wb-pane-plot', height: HEIGHT, role: 'img' });
  private _axes: IAxes | null = null;
  private _steps: number[] = [];

  constructor(onPoint: (step: number | null) => void) {
    this.node.append(this._caption, this._svg);
    this._svg.addEventListener('pointermove', event => onPoint(this._stepUnder(event)));
    this._svg.addEventListener('pointerleave', () => onPoint(null));
  }

  draw(content: IContent): void {
    const { pane, points, best, at } = content;
    const width = Math.max(160, this._svg.clientWidth || this.node.clientWidth);
    const axes = axesOf(pane, points, width);
    this._axes = axes;
    this._steps = points.map(point => point.step);
    this._svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    this._svg.setAttribute('aria-label', summary(pane, points));
    const shown = at === null ? points.at(-1) : points[nearest(this._steps, at)];
    this._caption.replaceChildren(
      h('span', { class: 'wb-pane-title' }, pane.title),
      ...legend(pane, shown)
    );
    this._svg.replaceChildren(...frame(axes), ...lines(pane, points, axes));
    if (best && pane.names.includes(best.name)) {
      this._svg.append(...bestMark(best, pane, axes));
    }
    if (at !== null && shown) {
      this._svg.append(...cursor(shown, pane, axes));
    }
  }

  private _stepUnder(event: PointerEvent): number | null {
    if (!this._axes || this._steps.length === 0) {
      return null;
    }
    const { steps, width } = this._axes;
    const share =
      (event.clientX - this._svg.getBoundingClientRect().left - LEFT) / (width - LEFT - RIGHT);
    return this._steps[nearest(this._steps, steps.low + share * (steps.high - steps.low))] ?? null;
  }
}

function axesOf(pane: IPane, points: IPoint[], width: number): IAxes {
  const values = rangeOf(points.flatMap(point => pane.names.map(name => point[name] ?? NaN)));
  const first = points[0]?.step ?? 0;
  const last = points.at(-1)?.step ?? first;
  const steps = { low: first, high: last > first ? last : first + 1 };
  return {
    steps,
    values,
    width,
    x: step => LEFT + ((step - steps.low) / (steps.high - steps.low)) * (width - LEFT - RIGHT),
    y: value =>
      HEIGHT -
      BOTTOM -
      ((value - values.low) / (values.high - values.low)) * (HEIGHT - TOP - BOTTOM)
  };
}

function frame({ x, y, steps, values, width }: IAxes): SVGElement[] {
  const rows = ticks(values, 5).flatMap(value => [
    s('line', { class: 'wb-rule', x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
    s(
      'text',
      { class: 'wb-tick', x: LEFT - 8, y: y(value) + 4, 'text-anchor': 'end' },
      short(value)
    )
  ]);
  const whole = ticks(steps, Math.min(8, width / 70)).filter(Number.isInteger);
  const columns = whole.map(step =>
    s(
      'text',
      { class: 'wb-tick', x: x(step), y: HEIGHT - 5, 'text-anchor': 'middle' },
      String(step)
    )
  );
  return [...rows, ...columns];
}

function lines(pane: IPane, points: IPoint[], { x, y }: IAxes): SVGElement[] {
  return pane.names.flatMap((name, i) => {
    const known = points.filter(point => Number.isFinite(point[name]));
    const at = known.map(
      point => `${x(point.step).toFixed(1)},${y(point[name] as number).toFixed(1)}`
    );
    const line = s('polyline', {
      class: 'wb-line',
      points: at.join(' '),
      stroke: colorAt(i),
      'data-name': name
    });
    const few = known.length <= DOTS_UP_TO ? known : [];
    return [
      line,
      ...few.map(point => dot(x(point.step), y(point[name] as number), 2.5, colorAt(i)))
    ];
  });
}

function bestMark(best: IBest, pane: IPane, { x, y, width }: IAxes): SVGElement[] {
  const left = x(best.step);
  const turned = left > width - 110;
  // Low values are good in a pane of losses: the text stands where its line does not.
  const height = pane.title === 'Loss' ? TOP + 8 : HEIGHT - BOTTOM - 8;
  const place = { x: left + (turned ? -7 : 7), y: height, 'text-anchor': turned ? 'end' : 'start' };
  return [
    s('line', { class: 'wb-best', x1: left, x2: left, y1: TOP, y2: HEIGHT - BOTTOM }),
    s('circle', {
      class: 'wb-best-dot',
      cx: left,
      cy: y(best.value),
      r: 5,
      stroke: colorAt(pane.names.indexOf(best.name))
    }),
    s('text', { class: 'wb-best-text', ...place }, `best ${short(best.value)}`)
  ];
}

function cursor(point: IPoint, pane: IPane, { x, y }: IAxes): SVGElement[] {
  const left = x(point.step);
  const dots = pane.names.flatMap((name, i) =>
    Number.isFinite(point[name]) ? [dot(left, y(point[name] as number), 4, colorAt(i))] : []
  );
  return [
    s('line', { class: 'wb-cursor', x1: left, x2: left, y1: TOP, y2: HEIGHT - BOTTOM }),
    ...dots
  ];
}

function dot(x: number, y: number, radius: number, color: string): SVGElement {
  return s('circle', { cx: x, cy: y, r: radius, fill: color });
}

function legend(pane: IPane, point: IPoint | undefined): HTMLElement[] {
  return pane.names.map((name, i) => {
    const key = h('span', { class: 'wb-key' });
    key.style.background = colorAt(i);
    const value = point?.[name];
    const text = value === undefined ? '' : short(value);
    return h('span', { class: 'wb-legend' }, key, name.replaceAll('_', ' '), h('b', {}, text));
  });
}

function summary(pane: IPane, points: IPoint[]): string {
  const last = points.at(-1);
  const said = pane.names.map(
    name => `${name} ${last?.[name] === undefined ? '' : short(last[name])}`
  );
  return `${pane.title} after ${points.length} steps: ${said.join(', ')}`;
}
