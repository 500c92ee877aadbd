// Masks by columns: where each column of a picture is painted. That is how COCO counts its runs, in which labels hold them.

/** A mask as labels hold it: the lengths of its runs column by column, of background first, packed into text. */
export interface ICoded {
  size: [number, number];
  counts: string;
}

/** Where a column is painted: [from, to, from, to, …], in order, no two of them in touch. Never changed in place. */
export type Column = readonly number[];

/** A mask; of 12 million pixels it holds some thousand numbers, so there is no need to keep it any smaller. */
export interface IMask {
  readonly width: number;
  readonly height: number;
  readonly columns: Column[];
}

const NOTHING: Column = [];

export function blank(width: number, height: number): IMask {
  return { width, height, columns: new Array<Column>(width).fill(NOTHING) };
}

/** Return the mask of *coded*; null when its runs do not fill its size. */
export function decoded({ size: [height, width], counts }: ICoded): IMask | null {
  const mask = blank(width, height);
  let at = 0;
  for (const [i, run] of runsOf(counts).entries()) {
    if (!(run >= 0) || at + run > width * height) {
      return null;
    }
    if (i % 2 === 1) {
      put(mask, at, at + run);
    }
    at += run;
  }
  return at === width * height ? mask : null;
}

export function encoded({ width, height, columns }: IMask): ICoded {
  const runs: number[] = [];
  let end = -1; // where the last painted run ends
  columns.forEach((column, x) => {
    for (let i = 0; i < column.length; i += 2) {
      const [from, to] = [
        x * height + (column[i] as number),
        x * height + (column[i + 1] as number)
      ];
      if (from === end) {
        runs[runs.length - 1] = (runs[runs.length - 1] as number) + to - from;
      } else {
        runs.push(from - Math.max(end, 0), to - from);
      }
      end = to;
    }
  });
  const rest = width * height - Math.max(end, 0);
  return { size: [height, width], counts: packed(rest > 0 ? [...runs, rest] : runs) };
}

/** Return a column with the pixels from *from* to before *to* painted too. */
export function joined(column: Column, from: number, to: number): Column {
  const before: number[] = [];
  const after: number[] = [];
  for (let i = 0; i < column.length; i += 2) {
    const [start, end] = [column[i] as number, column[i + 1] as number];
    if (end < from) {
      before.push(start, end);
    } else if (start > to) {
      after.push(start, end);
    } else {
      from = Math.min(from, start);
      to = Math.max(to, end);
    }
  }
  return [...before, from, to, ...after];
}

/** Return a column without what is painted from *from* to before *to*; the same one when nothing is. */
export function without(column: Column, from: number, to: number): Column {
  const left: number[] = [];
  let isChanged = false;
  for (let i = 0; i < column.length; i += 2) {
    const [start, end] = [column[i] as number, column[i + 1] as number];
    isChanged ||= start < to && end > from;
    if (start < Math.min(end, from)) {
      left.push(start, Math.min(end, from));
    }
    if (Math.max(start, to) < end) {
      left.push(Math.max(start, to), end);
    }
  }
  return isChanged ? left : column;
}

export function nPixels({ columns }: IMask): number {
  let n = 0;
  for (const column of columns) {
    for (let i = 0; i < column.length; i += 2) {
      n += (column[i + 1] as number) - (column[i] as number);
    }
  }
  return n;
}

/** Return the lengths of the runs: 5 bits to a character, from the fourth on as the change to the one before last. */
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
    runs.push(value + (runs.length > 2 ? (runs[runs.length - 2] as number) : 0));
    value = shift = 0;
  }
  return runs;
}

function packed(runs: number[]): string {
  const said: string[] = [];
  runs.forEach((run, i) => {
    let rest = i > 2 ? run - (runs[i - 2] as number) : run;
    for (let more = true; more;) {
      const low = rest & 0x1f;
      rest >>= 5;
      more = rest !== (low & 0x10 ? -1 : 0);
      said.push(String.fromCharCode((more ? low | 0x20 : low) + 48));
    }
  });
  return said.join('');
}

/** Paint pixels that are counted column by column and follow those that are painted. */
function put({ height, columns }: IMask, from: number, to: number): void {
  while (from < to) {
    const x = Math.floor(from / height);
    const end = Math.min(to, (x + 1) * height);
    columns[x] = joined(columns[x] ?? NOTHING, from - x * height, end - x * height);
    from = end;
  }
}
