// A text with its spans marked. Offsets count code points, as Python does; a surrogate pair is one of them.

import { h } from '../../dom';
import { type IRead, type IRegion } from '../labels';
import { type IPane } from './stage';

export function words(
  text: string,
  { regions, relations }: IRead,
  colorOf: (label: string) => string,
  title: string
): IPane {
  const spans = regions.filter(region => region.start !== undefined && region.end !== undefined);
  const body = h('p', {}, ...marked(text, spans).map(piece => made(piece, colorOf)));
  const names = new Map(
    spans.map(({ id, start, end }) => [id, Array.from(text).slice(start, end).join('')])
  );
  const links = relations.map(({ from, to, label }) =>
    h('li', {}, names.get(from) ?? from, h('b', {}, ` ${label} `), names.get(to) ?? to)
  );
  const node = h('div', { class: 'wb-words' }, title && h('h4', {}, title), body);
  if (links.length > 0) {
    node.append(h('ul', { class: 'wb-words-links' }, ...links));
  }
  return { node };
}

export interface IPiece {
  text: string;
  spans: IRegion[];
}

/** Return *text* cut wherever a span begins or ends, each piece with the spans that it is in. */
export function marked(text: string, spans: IRegion[]): IPiece[] {
  const points = Array.from(text);
  const within = (n: number): number => Math.min(points.length, Math.max(0, n));
  const cuts = new Set([0, points.length]);
  for (const { start, end } of spans) {
    cuts.add(within(start as number)).add(within(end as number));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((from, i) => {
    const to = sorted[i + 1] as number;
    return {
      text: points.slice(from, to).join(''),
      spans: spans.filter(({ start, end }) => (start as number) < to && (end as number) > from)
    };
  });
}

function made({ text, spans }: IPiece, colorOf: (label: string) => string): Node | string {
  const inner = spans[spans.length - 1];
  if (!inner) {
    return text;
  }
  const mark = h('mark', { title: spans.map(({ label }) => label).join(', ') }, text);
  mark.style.setProperty('--wb-class', colorOf(inner.label));
  mark.dataset['label'] = inner.label;
  return mark;
}
