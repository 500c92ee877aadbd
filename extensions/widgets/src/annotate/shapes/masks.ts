// Masks of COCO's compressed runs, shown over a picture: what a model painted can be kept or removed as a whole.

import { h } from '../../dom';
import { type IEntry } from '../regions';

interface IMask {
  size: [number, number];
  counts: string;
}

/** Return the lengths of the runs, of background first, column by column. */
export function runsOf(counts: string): number[] {
  const runs: number[] = [];
  let value = 0;
  let shift = 0;
  for (const char of counts) {
    const low = char.charCodeAt(0) - 48;
    value |= (low & 0x1f) << shift;
    shift += 5;
    if (low & 0x20) {
      continue;
    }
    if (low & 0x10) {
      value -= 1 << shift;
    }
    // From the fourth on a run is told as the change to the one before last.
    runs.push(value + (runs.length > 2 ? (runs[runs.length - 2] as number) : 0));
    value = shift = 0;
  }
  return runs;
}

/** Return a canvas as large as the picture on which the masks of *entries* are painted; null when there is none. */
export function painted(
  entries: IEntry[],
  color: (entry: IEntry) => string
): HTMLCanvasElement | null {
  const masks = entries.filter(({ region }) => 'mask' in region);
  const first = masks[0]?.region['mask'] as IMask | undefined;
  if (!first) {
    return null;
  }
  const [height, width] = first.size;
  const canvas = h('canvas', { class: 'wb-anno-masks', width, height });
  const context = canvas.getContext('2d');
  for (const entry of masks) {
    const image = context?.getImageData(0, 0, width, height);
    if (context && image) {
      fill(image, runsOf((entry.region['mask'] as IMask).counts), height, color(entry));
      context.putImageData(image, 0, 0);
    }
  }
  return canvas;
}

function fill({ data, width }: ImageData, runs: number[], height: number, color: string): void {
  const [r, g, b] = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16)) as [
    number,
    number,
    number
  ];
  let at = 0;
  runs.forEach((run, i) => {
    if (i % 2 === 1) {
      for (let n = at; n < at + run; n += 1) {
        data.set([r, g, b, 128], ((n % height) * width + Math.floor(n / height)) * 4);
      }
    }
    at += run;
  });
}
