// Places in a text: labels count characters (code points), JavaScript counts UTF-16 units; words are what keys step by.

export interface IStretch {
  start: number;
  end: number;
}

/** Return the place in code points of a place in UTF-16 units; one within a character is its beginning. */
export function toPoints(text: string, units: number): number {
  let points = 0;
  for (let at = 0; at < units; points += 1) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    if (at > units) {
      return points;
    }
  }
  return points;
}

/** Return the place in UTF-16 units of a place in code points. */
export function toUnits(text: string, points: number): number {
  let at = 0;
  for (let n = 0; n < points && at < text.length; n += 1) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}

/** Return the words of a text in UTF-16 units, also of languages that do not set spaces between them. */
export function wordsOf(text: string): IStretch[] {
  const found = new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text);
  return [...found]
    .filter(each => each.isWordLike)
    .map(each => ({ start: each.index, end: each.index + each.segment.length }));
}

/** Return a stretch without the space at its ends; null when nothing is left. */
export function trimmed(text: string, { start, end }: IStretch): IStretch | null {
  const inside = text.slice(start, end);
  const left = start + (inside.length - inside.trimStart().length);
  const right = end - (inside.length - inside.trimEnd().length);
  return left < right ? { start: left, end: right } : null;
}
