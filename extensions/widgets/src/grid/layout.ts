// Where each tile of the grid stands; geometry only, so that it can be tested without a browser.

export const PICTURE = 96;
export const PAD = 6;
export const CAPTION = 36;
export const GAP = 8;
export const TILE_HEIGHT = PICTURE + 2 * PAD + CAPTION;
const TILE_WIDTH = PICTURE + 2 * PAD;
/** A tile of text is as wide as a few words. */
export const TEXT_WIDTH = 236;

export interface ILayout {
  columns: number;
  tileWidth: number;
  width: number;
  height: number;
}

export interface IBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Return the grid of *n* tiles that fills *width*: as many columns as fit, tiles stretched to the edge. */
export function layout(width: number, n: number, least = TILE_WIDTH): ILayout {
  const columns = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
  const tileWidth = Math.max(
    Math.min(least, width),
    Math.floor((width - GAP * (columns - 1)) / columns)
  );
  const rows = Math.max(1, Math.ceil(n / columns));
  return { columns, tileWidth, width, height: rows * (TILE_HEIGHT + GAP) - GAP };
}

export function tileAt(grid: ILayout, index: number): IBox {
  const column = index % grid.columns;
  const row = Math.floor(index / grid.columns);
  return {
    x: column * (grid.tileWidth + GAP),
    y: row * (TILE_HEIGHT + GAP),
    width: grid.tileWidth,
    height: TILE_HEIGHT
  };
}

/** Return the index of the tile under a point, or -1 between tiles and past the last one. */
export function indexAt(grid: ILayout, x: number, y: number, n: number): number {
  const column = Math.floor(x / (grid.tileWidth + GAP));
  const row = Math.floor(y / (TILE_HEIGHT + GAP));
  const index = row * grid.columns + column;
  const inside =
    x - column * (grid.tileWidth + GAP) < grid.tileWidth &&
    y - row * (TILE_HEIGHT + GAP) < TILE_HEIGHT;
  return inside && x >= 0 && y >= 0 && column < grid.columns && index < n ? index : -1;
}

/** Return the box of a picture shown whole; small pictures grow by whole factors, so that their pixels stay square. */
export function fit(
  width: number,
  height: number,
  side: number
): { width: number; height: number; smooth: boolean } {
  const scale = side / Math.max(width, height);
  const whole = scale >= 2 ? Math.floor(scale) : scale;
  return { width: width * whole, height: height * whole, smooth: whole < 2 };
}
