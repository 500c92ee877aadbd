// What Python and the browser of a dataset say to each other; mirrors workbench/widgets/grid.py, query.py and desk.py.

export type Value = string | number | boolean | null;

export interface IQuery {
  filters: Record<string, Value[]>;
  ranges: Record<string, [number, number]>;
  differs: boolean;
  text: string;
  like: string;
  lasso: [number, number][];
  map: 'pca' | 'tsne';
  versus: number;
  sort: string;
  descending: boolean;
  page: number;
}

/** Something to filter by: the values of a column, the range of one of numbers, or the rows that a model sees otherwise. */
export type IFacet =
  | { kind: 'values'; column: string; values: [Value, number][]; absent: number }
  | {
      kind: 'range';
      column: string;
      low: number;
      high: number;
      bins: number[];
      absent: number;
    }
  | { kind: 'differs'; column: string; count: number };

export interface IAbout {
  task: string;
  shape: 'class' | 'classes' | 'regions' | 'text' | 'order' | string;
  modality: string;
  classes: string[];
  columns: string[];
  sorts: [string, string][];
  versions: number[];
  version: number;
}

export interface ITraits {
  title: string;
  about: IAbout;
  query: IQuery;
  selected: string[];
}

export interface IItem {
  id: string;
  name: string;
  label: string | null;
  prediction: string | null;
  score: number | null;
  text: string | null;
  width: number | null;
  height: number | null;
  tags: string[];
  /** It is only in the version that is compared with. */
  gone: boolean;
}

type Packed = [
  string,
  string | null,
  string | null,
  string | null,
  number | null,
  string | null,
  number | null,
  number | null,
  string[]
];

export interface IPage {
  seq: number;
  page: number;
  pages: number;
  total: number;
  items: IItem[];
  /** The same items in the version that is compared with, null where it has none; only while two versions are compared. */
  before: (IItem | null)[] | null;
  /** How many of the total are only in the version that is compared with. */
  gone: number;
  thumbs: Uint8Array[];
}

interface IPageMessage {
  kind: 'page';
  seq: number;
  page: number;
  pages: number;
  total: number;
  items: Packed[];
  before?: (Packed | null)[];
  removed?: number;
  gone?: number;
  ends: number[];
}

export interface IProblem {
  kind: 'problem';
  message: string;
  hint: string;
}

export interface IAnswer {
  kind: 'answer';
  n: number;
  problem?: { message: string; hint: string };
  [key: string]: unknown;
}

/** Return the page in a message from Python, or null when it is another message. */
export function readPage(message: unknown, buffers: DataView[]): IPage | null {
  if (!hasKind(message, 'page')) {
    return null;
  }
  const told = message as unknown as IPageMessage;
  const { seq, page, pages, total, items, before, removed, gone, ends } = told;
  const n = items.length - (removed ?? 0);
  return {
    seq,
    page,
    pages,
    total,
    items: items.map((item, i) => unpacked(item, i >= n)),
    before: before?.map(item => item && unpacked(item, false)) ?? null,
    gone: gone ?? 0,
    thumbs: slices(buffers[0], ends)
  };
}

export function readFacets(message: unknown): IFacet[] | null {
  return hasKind(message, 'facets') ? (message as unknown as { facets: IFacet[] }).facets : null;
}

export function isProblem(message: unknown): message is IProblem {
  return hasKind(message, 'problem');
}

export function isAnswer(message: unknown): message is IAnswer {
  return hasKind(message, 'answer');
}

/** Whether a model disagrees with the person who labeled the row; two drawings always do, so they are not compared. */
export function differs(item: IItem): boolean {
  return (
    !item.label?.startsWith('[{') &&
    item.label !== null &&
    item.prediction !== null &&
    item.label !== item.prediction
  );
}

/** Return the filters with those of one column replaced; without values, the column is not filtered. */
export function filtered(query: IQuery, column: string, values: Value[]): Partial<IQuery> {
  const rest = without(query.filters, column);
  return { filters: values.length > 0 ? { ...rest, [column]: values } : rest };
}

/** Return an object without one of its keys. */
export function without<T>(from: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => name !== key));
}

function unpacked(packed: Packed, gone: boolean): IItem {
  const [id, name, label, prediction, score, text, width, height, tags] = packed;
  return { id, name: name ?? id, label, prediction, score, text, width, height, tags, gone };
}

function hasKind(message: unknown, kind: string): message is { kind: string } {
  return (
    typeof message === 'object' && message !== null && (message as { kind?: unknown }).kind === kind
  );
}

// One buffer holds all thumbnails end to end: sixty small buffers cost sixty frames on the socket.
function slices(buffer: DataView | undefined, ends: number[]): Uint8Array[] {
  if (!buffer) {
    return ends.map(() => new Uint8Array());
  }
  return ends.map((end, i) => {
    const start = i === 0 ? 0 : (ends[i - 1] as number);
    return new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start);
  });
}
