// From values to places: ranges, round ticks and short numbers.

export interface IRange {
  low: number;
  high: number;
}

/** Return the range of the finite values with a little room; one value alone gets room on both sides. */
export function rangeOf(values: number[], room = 0.06): IRange {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) {
    return { low: 0, high: 1 };
  }
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const pad = (high - low || Math.abs(high) || 1) * room;
  return { low: low - pad, high: high + pad };
}

/** Return about *n* round numbers within a range: steps of 1, 2 or 5 times a power of ten. */
export function ticks({ low, high }: IRange, n: number): number[] {
  const rough = (high - low) / Math.max(1, n);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find(factor => factor * power >= 0.75 * rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12))
  );
}

/** Return a number the way an axis shows it. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100000)) {
    return value.toExponential(1);
  }
  return String(Number(value.toPrecision(size < 1 ? 3 : 4)));
}

/** Return the index of the point whose step is nearest to *step*; points are in the order of their steps. */
export function nearest(steps: number[], step: number): number {
  let best = -1;
  steps.forEach((value, i) => {
    if (best < 0 || Math.abs(value - step) < Math.abs((steps[best] as number) - step)) {
      best = i;
    }
  });
  return best;
}
