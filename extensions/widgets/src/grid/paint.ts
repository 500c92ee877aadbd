// Painting a page of tiles on one canvas.

import { colorAt } from '../palette';
import { CAPTION, fit, type IBox, type ILayout, PAD, PICTURE, tileAt } from './layout';
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
  classes: ReadonlyMap<string, number>;
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
  paintPicture(c, box, scene.images[i] ?? null, theme);
  paintCaption(c, box, item, scene.classes, theme);
  if (differs(item)) {
    paintCorner(c, box, theme.wrong);
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
  image: HTMLImageElement | null,
  theme: ITheme
): void {
  const left = box.x + (box.width - PICTURE) / 2;
  const top = box.y + PAD;
  if (!image) {
    paintNothing(c, left, top, theme);
    return;
  }
  const { width, height, smooth } = fit(image.naturalWidth, image.naturalHeight, PICTURE);
  c.imageSmoothingEnabled = smooth;
  c.imageSmoothingQuality = 'high';
  c.drawImage(
    image,
    Math.round(left + (PICTURE - width) / 2),
    Math.round(top + (PICTURE - height) / 2),
    width,
    height
  );
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

function paintCaption(
  c: CanvasRenderingContext2D,
  box: IBox,
  item: IItem,
  classes: ReadonlyMap<string, number>,
  theme: ITheme
): void {
  const left = box.x + PAD + 2;
  const room = box.width - 2 * PAD - 4;
  const first = box.y + box.height - CAPTION + 9;
  const label = item.label ?? (item.prediction === null ? 'unlabeled' : '');
  c.beginPath();
  c.arc(left + 4, first, 4, 0, 2 * Math.PI);
  c.fillStyle = colorAt(item.label === null ? -1 : (classes.get(item.label) ?? -1));
  if (item.label === null) {
    c.strokeStyle = theme.muted;
    c.stroke();
  } else {
    c.fill();
  }
  const said =
    item.prediction === null ? 0 : paintPrediction(c, left + room, first, room * 0.55, item, theme);
  c.font = `${item.label === null ? 'normal' : '600'} 12px ${theme.font}`;
  c.fillStyle = item.label === null ? theme.muted : theme.ink;
  c.fillText(elide(c, label, room - 14 - said), left + 13, first);
  c.font = `11px ${theme.font}`;
  c.fillStyle = theme.muted;
  c.fillText(elide(c, item.name, room), left, first + 16);
}

/** Write the prediction flush right and return the room it took: quiet when it agrees, in colour when it does not. */
function paintPrediction(
  c: CanvasRenderingContext2D,
  right: number,
  y: number,
  room: number,
  item: IItem,
  theme: ITheme
): number {
  const wrong = differs(item);
  const score = item.score === null ? '' : ` ${percent(item.score)}`;
  const agrees = item.label !== null && !wrong;
  c.font = `${wrong ? '600' : 'normal'} 11px ${theme.font}`;
  c.fillStyle = wrong ? theme.wrong : agrees ? theme.right : theme.muted;
  const text = elide(
    c,
    agrees ? `✓${score}` : `${wrong ? '≠' : '→'} ${item.prediction ?? ''}${score}`,
    room
  );
  c.textAlign = 'right';
  c.fillText(text, right, y);
  c.textAlign = 'left';
  return c.measureText(text).width + 6;
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

function elide(c: CanvasRenderingContext2D, text: string, room: number): string {
  if (c.measureText(text).width <= room) {
    return text;
  }
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (c.measureText(`${text.slice(0, middle)}…`).width <= room) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}

/** Return a score the way people read it: two digits, never rounded up to certainty. */
export function percent(score: number): string {
  return `${Math.min(99, Math.floor(score * 100))}%`.replace(
    '99%',
    score >= 0.9999 ? '100%' : '99%'
  );
}
