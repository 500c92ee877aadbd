// Between the regions of labels and the shapes of the drawing library; pure.

import { type Region, rounded } from '../regions';

export interface IBox {
  x: number;
  y: number;
  w: number;
  h: number;
  /** Radians, clockwise, around the middle. */
  rot?: number;
}

type Point = [number, number];

/** Return the box of a region. Labels turn it by degrees around its upper left corner, the library by radians around its middle. */
export function boxOf(region: Region): IBox {
  const [x, y, w, h] = region['box'] as [number, number, number, number];
  const degrees = Number(region['rotation'] ?? 0);
  if (degrees === 0) {
    return { x, y, w, h };
  }
  const rot = (degrees * Math.PI) / 180;
  const [cx, cy] = turned([w / 2, h / 2], rot);
  return { x: x + cx - w / 2, y: y + cy - h / 2, w, h, rot };
}

/** Return where a region with that box is. */
export function regionOfBox({ x, y, w, h, rot }: IBox): Record<string, unknown> {
  if (!rot) {
    return { box: [x, y, w, h].map(rounded) };
  }
  const [cx, cy] = turned([w / 2, h / 2], rot);
  const corner = [x + w / 2 - cx, y + h / 2 - cy];
  const box = [...corner, w, h].map(rounded);
  return { box, rotation: rounded(((((rot * 180) / Math.PI) % 360) + 360) % 360) };
}

export function regionOfPoints(points: number[][]): Record<string, unknown> {
  return { polygon: points.map(point => point.map(rounded)) };
}

/** Return the bounds of points, as the library wants them. */
export function boundsOf(points: number[][]): {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
} {
  const xs = points.map(point => point[0] as number);
  const ys = points.map(point => point[1] as number);
  return {
    minX: Math.min(...xs),
    minY: Math.min(...ys),
    maxX: Math.max(...xs),
    maxY: Math.max(...ys)
  };
}

/** Return a polygon or box moved by *dx*, *dy* original pixels, or grown by them at its right lower end. */
export function nudged(
  region: Region,
  dx: number,
  dy: number,
  grows: boolean
): Record<string, unknown> {
  const place: Record<string, unknown> = { ...region };
  delete place['label'];
  if (Array.isArray(place['box'])) {
    const [x, y, w, h] = place['box'] as [number, number, number, number];
    const box = grows ? [x, y, Math.max(1, w + dx), Math.max(1, h + dy)] : [x + dx, y + dy, w, h];
    return { ...place, box: box.map(rounded) };
  }
  const points = place['polygon'] as Point[];
  const { minX, minY, maxX, maxY } = boundsOf(points);
  const fx = grows ? Math.max(1, maxX - minX + dx) / Math.max(1, maxX - minX) : 1;
  const fy = grows ? Math.max(1, maxY - minY + dy) / Math.max(1, maxY - minY) : 1;
  const moved = points.map(([x, y]) =>
    grows ? [minX + (x - minX) * fx, minY + (y - minY) * fy] : [x + dx, y + dy]
  );
  return { ...place, polygon: moved.map(point => point.map(rounded)) };
}

function turned([x, y]: Point, rot: number): Point {
  return [x * Math.cos(rot) - y * Math.sin(rot), x * Math.sin(rot) + y * Math.cos(rot)];
}
