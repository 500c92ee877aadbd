// Drawing points into pixels: a million take a few milliseconds, where a canvas call for each would take seconds.

export interface ICamera {
  /** The point of the map, 0 to 1, in the middle of the view. */
  x: number;
  y: number;
  /** Pixels per side of the map. */
  scale: number;
}

export interface IPoints {
  /** x and y of each point, 0 to 1; -1 for one that is not on the map. */
  xy: Float32Array;
  /** The color of each point, an index into the palette. */
  codes: Uint8Array;
  /** 1 for a point that matches the filters. */
  shown: Uint8Array;
}

/** Draw the points as squares of *side* pixels: first those that do not match in *rest*, then the others. */
export function rasterize(
  pixels: Uint32Array,
  width: number,
  height: number,
  { xy, codes, shown }: IPoints,
  camera: ICamera,
  palette: Uint32Array,
  rest: number,
  side: number
): void {
  const left = width / 2 - camera.x * camera.scale;
  const top = height / 2 - camera.y * camera.scale;
  const half = side >> 1;
  for (const pass of [0, 1]) {
    for (let i = 0; i < codes.length; i++) {
      const x = xy[2 * i] as number;
      if (shown[i] !== pass || x < 0) {
        continue;
      }
      const px = Math.round(left + x * camera.scale) - half;
      const py = Math.round(top + (xy[2 * i + 1] as number) * camera.scale) - half;
      if (px < 0 || py < 0 || px + side > width || py + side > height) {
        continue;
      }
      const color = pass === 0 ? rest : (palette[codes[i] as number] as number);
      for (let row = py; row < py + side; row++) {
        pixels.fill(color, row * width + px, row * width + px + side);
      }
    }
  }
}

/** Return the place on the map under a pixel. */
export function toMap(
  x: number,
  y: number,
  width: number,
  height: number,
  camera: ICamera
): [number, number] {
  return [camera.x + (x - width / 2) / camera.scale, camera.y + (y - height / 2) / camera.scale];
}

/** Return an outline with fewer corners: those nearer than *least* to the one before are left out. */
export function thinned(outline: [number, number][], least: number): [number, number][] {
  const kept: [number, number][] = [];
  for (const point of outline) {
    const last = kept[kept.length - 1];
    if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= least) {
      kept.push(point);
    }
  }
  return kept;
}

/** Return a CSS color `#rrggbb` as the 32 bits of a pixel. */
export function pixelOf(color: string, alpha = 255): number {
  const n = parseInt(color.slice(1), 16);
  return ((alpha << 24) | ((n & 255) << 16) | (n & 0xff00) | (n >> 16)) >>> 0;
}
