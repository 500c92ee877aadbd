// Painting regions over a picture: boxes, polygons, masks and points, scaled from the pixels of the upright original.

import { type IRegion } from './labels';
import { sampled } from './masks';

export interface IPlace {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface IStyle {
  line: number;
  /** Predictions are dashed, what a person drew is not. */
  dashed: boolean;
  /** Name the classes beside the regions. */
  names: boolean;
  font: string;
  /** The region under the pointer. */
  lit?: IRegion | null;
}

type Context = CanvasRenderingContext2D;

/** Paint *regions* of a picture of *size* that is shown at *place*. */
export function paintRegions(
  c: Context,
  regions: IRegion[],
  size: { width: number; height: number },
  place: IPlace,
  colorOf: (label: string) => string,
  style: IStyle
): void {
  const scale = { x: place.width / size.width, y: place.height / size.height };
  c.save();
  c.beginPath();
  c.rect(place.x, place.y, place.width, place.height);
  c.clip();
  c.lineWidth = style.line;
  c.lineJoin = 'round';
  c.setLineDash(style.dashed ? [4, 3] : []);
  for (const region of regions) {
    const color = colorOf(region.label);
    c.strokeStyle = color;
    c.fillStyle = color;
    if (region.mask) {
      paintMask(c, region.mask, place, color);
      continue;
    }
    c.beginPath();
    trace(c, region, place, scale, style.line);
    c.globalAlpha = region === style.lit ? 0.4 : region.point ? 1 : 0.12;
    c.fill();
    c.globalAlpha = 1;
    c.stroke();
  }
  c.setLineDash([]);
  if (style.names) {
    regions.forEach(region => paintName(c, region, place, scale, colorOf(region.label), style));
  }
  c.restore();
}

/** Return the region under a point of the original picture, the smallest first. */
export function regionAt(regions: IRegion[], x: number, y: number, reach: number): IRegion | null {
  const hits = regions.filter(region => holds(region, x, y, reach));
  return hits.sort((a, b) => area(a) - area(b))[0] ?? null;
}

function trace(
  c: Context,
  region: IRegion,
  at: IPlace,
  by: { x: number; y: number },
  line: number
): void {
  const px = (x: number): number => at.x + x * by.x;
  const py = (y: number): number => at.y + y * by.y;
  for (const [i, [x, y]] of corners(region).entries()) {
    if (i === 0) {
      c.moveTo(px(x), py(y));
    } else {
      c.lineTo(px(x), py(y));
    }
  }
  c.closePath();
  if (region.point) {
    const radius = Math.max(2, 2 * line);
    c.moveTo(px(region.point[0]) + radius, py(region.point[1]));
    c.arc(px(region.point[0]), py(region.point[1]), radius, 0, 2 * Math.PI);
  }
}

/** Return the corners of a box, turned about its upper left corner as Label Studio turns it, or those of a polygon. */
function corners({ box, rotation, polygon }: IRegion): [number, number][] {
  if (!box) {
    return polygon ?? [];
  }
  const [x, y, width, height] = box;
  const angle = ((rotation ?? 0) * Math.PI) / 180;
  const turn = (dx: number, dy: number): [number, number] => [
    x + dx * Math.cos(angle) - dy * Math.sin(angle),
    y + dx * Math.sin(angle) + dy * Math.cos(angle)
  ];
  return [turn(0, 0), turn(width, 0), turn(width, height), turn(0, height)];
}

function paintMask(
  c: Context,
  mask: { size: [number, number]; counts: string },
  place: IPlace,
  color: string
): void {
  const width = Math.max(1, Math.min(1024, Math.round(place.width)));
  const height = Math.max(1, Math.min(1024, Math.round(place.height)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) {
    return;
  }
  const image = context.createImageData(width, height);
  const [red, green, blue] = rgb(color);
  const inside = sampled(mask, width, height);
  for (let i = 0; i < inside.length; i++) {
    if (inside[i]) {
      image.data.set([red, green, blue, 110], 4 * i);
    }
  }
  context.putImageData(image, 0, 0);
  c.drawImage(canvas, place.x, place.y, place.width, place.height);
}

function paintName(
  c: Context,
  region: IRegion,
  at: IPlace,
  by: { x: number; y: number },
  color: string,
  style: IStyle
): void {
  const first = region.point ?? corners(region)[0];
  if (!first) {
    return;
  }
  c.font = `600 11px ${style.font}`;
  const width = c.measureText(region.label).width + 8;
  const x = Math.min(at.x + first[0] * by.x, at.x + at.width - width);
  const y = Math.max(at.y, at.y + first[1] * by.y - 16);
  c.globalAlpha = 0.85;
  c.fillStyle = color;
  c.fillRect(x, y, width, 15);
  c.globalAlpha = 1;
  c.fillStyle = '#fff';
  c.textBaseline = 'middle';
  c.fillText(region.label, x + 4, y + 8);
}

function holds(region: IRegion, x: number, y: number, reach: number): boolean {
  if (region.point) {
    return Math.hypot(region.point[0] - x, region.point[1] - y) <= reach;
  }
  const points = corners(region);
  let inside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [xi, yi] = points[i] as [number, number];
    const [xj, yj] = points[j] as [number, number];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) {
      inside = !inside;
    }
  }
  return inside;
}

function area(region: IRegion): number {
  const points = corners(region);
  const sum = points.reduce((total, [x, y], i) => {
    const [nx, ny] = points[(i + 1) % points.length] as [number, number];
    return total + x * ny - nx * y;
  }, 0);
  return Math.abs(sum) / 2;
}

function rgb(color: string): [number, number, number] {
  const n = parseInt(color.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}
