// The words under a tile: its label, what a model says, its name; and what changed between two versions.

import { readLabel } from './labels';
import { CAPTION, type IBox, PAD } from './layout';
import { type IScene, type ITheme } from './paint';
import { differs, type IItem } from './protocol';

/** Whether an item is another in the version that is compared with, as far as a tile shows it. */
export function changed(item: IItem, before: IItem | null): boolean {
  return (
    item.gone || !before || before.label !== item.label || before.prediction !== item.prediction
  );
}

/** Write the caption; *before* is the item in the version that is compared with, undefined when none is. */
export function paintCaption(
  c: CanvasRenderingContext2D,
  box: IBox,
  item: IItem,
  before: IItem | null | undefined,
  { shape, colorOf }: IScene,
  theme: ITheme
): void {
  const left = box.x + PAD + 2;
  const room = box.width - 2 * PAD - 4;
  const first = box.y + box.height - CAPTION + 9;
  const { said, regions } = readLabel(item.label, shape);
  const label = item.label === null ? (item.prediction === null ? 'unlabeled' : '') : said;
  c.beginPath();
  c.arc(left + 4, first, 4, 0, 2 * Math.PI);
  if (item.label === null) {
    c.strokeStyle = theme.muted;
    c.lineWidth = 1;
    c.stroke();
  } else {
    c.fillStyle = colorOf(regions[0]?.label ?? said.split(', ')[0] ?? '');
    c.fill();
  }
  const taken =
    before !== undefined
      ? paintBefore(c, left + room, first, room * 0.5, item, before, shape, theme)
      : item.prediction === null
        ? 0
        : paintPrediction(c, left + room, first, room * 0.55, item, shape, theme);
  c.font = `${item.label === null ? 'normal' : '600'} 12px ${theme.font}`;
  c.fillStyle = item.label === null ? theme.muted : theme.ink;
  c.fillText(elide(c, label, room - 14 - taken), left + 13, first);
  c.font = `11px ${theme.font}`;
  c.fillStyle = theme.muted;
  c.fillText(elide(c, item.name, room), left, first + 16);
}

/** Write the tags over the foot of the picture. */
export function paintTags(
  c: CanvasRenderingContext2D,
  box: IBox,
  tags: string[],
  theme: ITheme
): void {
  if (tags.length === 0) {
    return;
  }
  c.font = `10px ${theme.font}`;
  const text = elide(c, tags.join(' · '), box.width - 2 * PAD - 8);
  const width = c.measureText(text).width + 8;
  const y = box.y + box.height - CAPTION - 16;
  c.beginPath();
  c.roundRect(box.x + PAD, y, width, 14, 3);
  c.globalAlpha = 0.85;
  c.fillStyle = theme.brand;
  c.fill();
  c.globalAlpha = 1;
  c.fillStyle = theme.onBrand;
  c.fillText(text, box.x + PAD + 4, y + 7.5);
}

/** Write flush right what the label was, and return the room it took. */
function paintBefore(
  c: CanvasRenderingContext2D,
  right: number,
  y: number,
  room: number,
  item: IItem,
  before: IItem | null,
  shape: string,
  theme: ITheme
): number {
  if (before && before.label === item.label && !item.gone) {
    return 0;
  }
  const was = before ? readLabel(before.label, shape).said || 'unlabeled' : '';
  c.font = `11px ${theme.font}`;
  c.fillStyle = item.gone ? theme.wrong : theme.brand;
  const said = item.gone ? 'removed' : before ? `was ${was}` : 'new';
  return flushRight(c, said, right, y, room);
}

/** Write the prediction flush right and return the room it took: quiet when it agrees, in colour when it does not. */
function paintPrediction(
  c: CanvasRenderingContext2D,
  right: number,
  y: number,
  room: number,
  item: IItem,
  shape: string,
  theme: ITheme
): number {
  const wrong = differs(item);
  const score = item.score === null ? '' : ` ${percent(item.score)}`;
  const agrees = item.label !== null && item.label === item.prediction;
  c.font = `${wrong ? '600' : 'normal'} 11px ${theme.font}`;
  c.fillStyle = wrong ? theme.wrong : agrees ? theme.right : theme.muted;
  const said = readLabel(item.prediction, shape).said;
  const text = agrees ? `✓${score}` : `${wrong ? '≠' : '→'} ${said}${score}`;
  return flushRight(c, text, right, y, room);
}

function flushRight(
  c: CanvasRenderingContext2D,
  text: string,
  right: number,
  y: number,
  room: number
): number {
  const shown = elide(c, text, room);
  c.textAlign = 'right';
  c.fillText(shown, right, y);
  c.textAlign = 'left';
  return c.measureText(shown).width + 6;
}

/** Return the first *most* lines of a text that is broken at spaces, or anywhere when a word is too long. */
export function wrapped(
  c: { measureText(text: string): { width: number } },
  text: string,
  room: number,
  most: number
): string[] {
  const lines: string[] = [];
  let rest = text.replace(/\s+/g, ' ').trim();
  while (rest && lines.length < most) {
    let n = rest.length;
    if (c.measureText(rest).width > room) {
      n = Math.max(1, fitting(c, rest, room, ''));
      const space = rest.lastIndexOf(' ', n);
      n = space > n / 2 ? space : n;
    }
    lines.push(rest.slice(0, n));
    rest = rest.slice(n).trim();
  }
  const last = lines.length - 1;
  if (rest && last >= 0) {
    lines[last] = `${lines[last]?.slice(0, -1)}…`;
  }
  return lines;
}

/** Return *text*, cut with an ellipsis when it does not fit. */
export function elide(c: CanvasRenderingContext2D, text: string, room: number): string {
  if (c.measureText(text).width <= room) {
    return text;
  }
  const n = fitting(c, text, room, '…');
  return n === 0 ? '' : `${text.slice(0, n)}…`;
}

function fitting(
  c: { measureText(text: string): { width: number } },
  text: string,
  room: number,
  end: string
): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (c.measureText(`${text.slice(0, middle)}${end}`).width <= room) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Return a score the way people read it: two digits, never rounded up to certainty. */
export function percent(score: number): string {
  return `${Math.min(99, Math.floor(score * 100))}%`.replace(
    '99%',
    score >= 0.9999 ? '100%' : '99%'
  );
}
