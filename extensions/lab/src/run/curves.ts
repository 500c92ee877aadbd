/** Learning curves as points: one series per metric, scaled into a box; no drawing. */
import { type Step } from '../tokens';

export interface ICurve {
  readonly name: string;
  readonly points: readonly { readonly step: number; readonly value: number }[];
  readonly least: number;
  readonly most: number;
  readonly last: number;
}

const NOT_METRICS = new Set(['step', 'at', 'epoch']);

/** Return a curve per metric that has a number in some step; losses come first. */
export function curvesOf(steps: readonly Step[]): ICurve[] {
  const names = [...new Set(steps.flatMap(step => Object.keys(step)))].filter(
    name => !NOT_METRICS.has(name)
  );
  const curves = names.map(name => curveOf(name, steps)).filter(curve => curve !== null);
  return curves.sort((a, b) => Number(b.name.includes('loss')) - Number(a.name.includes('loss')));
}

function curveOf(name: string, steps: readonly Step[]): ICurve | null {
  const points = steps.flatMap((step, i) => {
    const value = step[name];
    return typeof value === 'number' && Number.isFinite(value)
      ? [{ step: Number(step['step'] ?? i), value }]
      : [];
  });
  const last = points[points.length - 1];
  if (!last) {
    return null;
  }
  const values = points.map(point => point.value);
  return { name, points, least: Math.min(...values), most: Math.max(...values), last: last.value };
}

/** Return the coordinates of a curve in a box; a single point and a flat line stand in the middle. */
export function placed(curve: ICurve, width: number, height: number): { x: number; y: number }[] {
  const first = curve.points[0]?.step ?? 0;
  const length = (curve.points[curve.points.length - 1]?.step ?? 0) - first;
  const span = curve.most - curve.least;
  return curve.points.map(({ step, value }) => ({
    x: length ? (width * (step - first)) / length : width / 2,
    y: span ? height * (1 - (value - curve.least) / span) : height / 2
  }));
}
