// Painting a page of tiles on one canvas.

import { changed, paintCaption, paintTags, wrapped } from './caption';
import { readLabel } from './labels';
import { fit, type IBox, type ILayout, PAD, PICTURE, tileAt } from './layout';
import { paintRegions } from './overlay';
import { differs, type IItem } from './protocol';

/** Colours and fonts of the theme, read from the style sheet so that the canvas follows light and dark. */
export interface ITheme {
  tile: string;
  hover: string;
  line: string;
  ink: string;
  muted: string;
  brand: string;
  tint: string;
  wrong: string;
  right: string;
  onBrand: string;
  font: string;
}

export interface IScene {
  layout: ILayout;
  items: IItem[];
  images: (HTMLImageElement | null)[];
  selected: ReadonlySet<string>;
  before: (IItem | null)[] | null;
  shape: string;
  colorOf: (label: string) => string;
  focus: number;
  hover: number;
  hasFocus: boolean;
}

const NAMES: Record<Exclude<keyof ITheme, 'font'>, string> = {
  tile: '--wb-tile',
  hover: '--wb-hover',
  line: '--wb-line',
  ink: '--wb-ink',
  muted: '--wb-muted',
  brand: '--wb-brand',
  tint: '--wb-tint',
  wrong: '--wb-wrong',
  right: '--wb-right',
  onBrand: '--wb-on-brand'
};

/** Read the theme from the custom properties of *element*. */
export function themeOf(element: Element): ITheme {
  const style = getComputedStyle(element);
  const colors = Object.entries(NAMES).map(([key, name]) => [
    key,
    style.getPropertyValue(name).trim()
  ]);
  return { ...Object.fromEntries(colors), font: style.fontFamily } as ITheme;
}

/** Paint the whole scene; sixty tiles cost about two milliseconds, so nothing is painted in parts. */
export function paint(canvas: HTMLCanvasElement, scene: IScene, theme: ITheme): void {
  const { width, height } = scene.layout;
  const ratio = window.devicePixelRatio || 1;
  const context = canvas.getContext('2d');
  if (!context) {
    return;
  }
  const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
  if (canvas.width !== size.width || canvas.height !== size.height) {
    Object.assign(canvas, size);
    canvas.style.height = `${height}px`;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.textBaseline = 'middle';
  scene.items.forEach((item, i) => paintTile(context, scene, theme, item, i));
}

function paintTile(
  c: CanvasRenderingContext2D,
  scene: IScene,
  theme: ITheme,
  item: IItem,
  i: number
): void {
  const box = tileAt(scene.layout, i);
  const isSelected = scene.selected.has(item.id);
  rounded(c, box, 6);
  c.fillStyle = isSelected ? theme.tint : i === scene.hover ? theme.hover : theme.tile;
  c.fill();
  c.globalAlpha = item.gone ? 0.45 : 1;
  paintPicture(c, box, item, scene.images[i] ?? null, scene, theme);
  c.globalAlpha = 1;
  const before = scene.before === null ? undefined : (scene.before[i] ?? null);
  paintCaption(c, box, item, before, scene, theme);
  paintTags(c, box, item.tags, theme);
  if (before !== undefined ? changed(item, before) : differs(item)) {
    paintCorner(c, box, before !== undefined && !item.gone ? theme.brand : theme.wrong);
  }
  if (isSelected) {
    outline(c, box, theme.brand, 2);
    paintCheck(c, box, theme);
  }
  if (i === scene.focus && scene.hasFocus) {
    c.setLineDash([3, 3]);
    outline(c, inset(box, 3), theme.ink, 1);
    c.setLineDash([]);
  }
}

function paintPicture(
  c: CanvasRenderingContext2D,
  box: IBox,
  item: IItem,
  image: HTMLImageElement | null,
  scene: IScene,
  theme: ITheme
): void {
  const left = box.x + (box.width - PICTURE) / 2;
  const top = box.y + PAD;
  if (!image) {
    if (item.text) {
      paintText(c, box, item.text, theme);
    } else {
      paintNothing(c, left, top, theme);
    }
    return;
  }
  const { width, height, smooth } = fit(image.naturalWidth, image.naturalHeight, PICTURE);
  c.imageSmoothingEnabled = smooth;
  c.imageSmoothingQuality = 'high';
  const place = {
    x: Math.round(left + (PICTURE - width) / 2),
    y: Math.round(top + (PICTURE - height) / 2),
    width,
    height
  };
  c.drawImage(image, place.x, place.y, width, height);
  const { regions } = readLabel(item.label ?? item.prediction, scene.shape);
  if (regions.length > 0 && item.width && item.height) {
    const size = { width: item.width, height: item.height };
    const style = { line: 1.5, dashed: item.label === null, names: false, font: theme.font };
    paintRegions(c, regions, size, place, scene.colorOf, style);
  }
}

/** The beginning of a text, in lines. */
function paintText(c: CanvasRenderingContext2D, box: IBox, text: string, theme: ITheme): void {
  c.font = `12px ${theme.font}`;
  c.fillStyle = theme.ink;
  const lines = wrapped(c, text, box.width - 2 * PAD - 4, Math.floor(PICTURE / 16));
  lines.forEach((line, i) => c.fillText(line, box.x + PAD + 2, box.y + PAD + 9 + 16 * i));
}

/** A neutral tile: there is no picture, or its bytes are no picture. */
function paintNothing(c: CanvasRenderingContext2D, left: number, top: number, theme: ITheme): void {
  rounded(c, { x: left, y: top, width: PICTURE, height: PICTURE }, 3);
  c.fillStyle = theme.line;
  c.fill();
  c.fillStyle = theme.muted;
  c.font = `11px ${theme.font}`;
  c.textAlign = 'center';
  c.fillText('no picture', left + PICTURE / 2, top + PICTURE / 2);
  c.textAlign = 'left';
}

function paintCorner(c: CanvasRenderingContext2D, box: IBox, color: string): void {
  outline(c, box, color, 1.5);
  c.save();
  rounded(c, box, 6);
  c.clip();
  c.beginPath();
  c.moveTo(box.x + box.width - 18, box.y);
  c.lineTo(box.x + box.width, box.y);
  c.lineTo(box.x + box.width, box.y + 18);
  c.fillStyle = color;
  c.fill();
  c.restore();
}

function paintCheck(c: CanvasRenderingContext2D, box: IBox, theme: ITheme): void {
  const x = box.x + 13;
  const y = box.y + 13;
  c.beginPath();
  c.arc(x, y, 8, 0, 2 * Math.PI);
  c.fillStyle = theme.brand;
  c.fill();
  c.beginPath();
  c.moveTo(x - 3.5, y);
  c.lineTo(x - 1, y + 3);
  c.lineTo(x + 4, y - 3);
  c.strokeStyle = theme.onBrand;
  c.lineWidth = 2;
  c.stroke();
}

function outline(c: CanvasRenderingContext2D, box: IBox, color: string, width: number): void {
  rounded(c, inset(box, width / 2), 6);
  c.strokeStyle = color;
  c.lineWidth = width;
  c.stroke();
}

function rounded(c: CanvasRenderingContext2D, box: IBox, radius: number): void {
  c.beginPath();
  c.roundRect(box.x, box.y, box.width, box.height, radius);
}

function inset({ x, y, width, height }: IBox, by: number): IBox {
  return { x: x + by, y: y + by, width: width - 2 * by, height: height - 2 * by };
}
