// Which pixels a stroke covers: those whose middle is within it; pure.

export type Point = readonly [number, number];

/** Part of a column: its number, and the pixels from the second to before the third. */
export type Span = readonly [number, number, number];

/** The brush always paints the pixel that it is on. */
const LEAST = Math.SQRT1_2;

/** Return what a round brush of that radius covers on its way from *p* to *q*, at most one span a column. */
export function swept(p: Point, q: Point, radius: number, width: number, height: number): Span[] {
  const r = Math.max(radius, LEAST);
  const [left, right] = p[0] <= q[0] ? [p, q] : [q, p];
  const spans: Span[] = [];
  const last = Math.min(width, Math.ceil(right[0] + r + 0.5));
  for (let x = Math.max(0, Math.floor(left[0] - r - 0.5)); x < last; x += 1) {
    const [low, high] = cut(left, right, r, x + 0.5);
    const [from, to] = rows(low, high, height);
    if (from < to) {
      spans.push([x, from, to]);
    }
  }
  return spans;
}

/** Return what is within a closed outline; where it crosses itself, every other part. */
export function enclosed(points: readonly Point[], width: number, height: number): Span[] {
  const crossings = new Map<number, number[]>();
  points.forEach((p, i) => {
    const q = points[(i + 1) % points.length] as Point;
    const [left, right] = p[0] <= q[0] ? [p, q] : [q, p];
    const last = Math.min(width, Math.ceil(right[0] - 0.5));
    for (let x = Math.max(0, Math.ceil(left[0] - 0.5)); x < last; x += 1) {
      const found = crossings.get(x) ?? [];
      crossings.set(x, found);
      found.push(between(left, right, x + 0.5));
    }
  });
  const spans: Span[] = [];
  for (const [x, found] of crossings) {
    found.sort((a, b) => a - b);
    for (let i = 0; i + 1 < found.length; i += 2) {
      const [from, to] = rows(found[i] as number, found[i + 1] as number, height);
      if (from < to) {
        spans.push([x, from, to]);
      }
    }
  }
  return spans;
}

/** Return where the line at *x* enters and leaves the stroke: the two discs at its ends, and the band between them. */
function cut(left: Point, right: Point, r: number, x: number): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  const reach = (y: number): void => {
    [low, high] = [Math.min(low, y), Math.max(high, y)];
  };
  for (const [cx, cy] of [left, right]) {
    const half = r * r - (x - cx) ** 2;
    if (half >= 0) {
      reach(cy - Math.sqrt(half));
      reach(cy + Math.sqrt(half));
    }
  }
  const length = Math.hypot(right[0] - left[0], right[1] - left[1]);
  if (length > 0) {
    const [nx, ny] = [(-(right[1] - left[1]) / length) * r, ((right[0] - left[0]) / length) * r];
    for (const side of [1, -1]) {
      const [a, b]: Point[] = [
        [left[0] + side * nx, left[1] + side * ny],
        [right[0] + side * nx, right[1] + side * ny]
      ];
      if (a && b && x >= a[0] && x <= b[0]) {
        reach(between(a, b, x));
      }
    }
  }
  return [low, high];
}

/** Return the height at *x* of the line from *p* to *q*. */
function between(p: Point, q: Point, x: number): number {
  return q[0] === p[0] ? p[1] : p[1] + ((q[1] - p[1]) * (x - p[0])) / (q[0] - p[0]);
}

/** Return the first pixel whose middle is between *low* and *high*, and the one after the last. */
function rows(low: number, high: number, height: number): [number, number] {
  return [Math.max(0, Math.ceil(low - 0.5)), Math.min(height, Math.floor(high - 0.5) + 1)];
}
