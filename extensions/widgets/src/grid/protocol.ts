// What Python and the grid say to each other; mirrors workbench/widgets/grid.py and pages.py.

export interface IQuery {
  labels: string[];
  unlabeled: boolean;
  differs: boolean;
  text: string;
  sort: string;
  descending: boolean;
  page: number;
}

/** One chip: a class, or one of the two special filters, with the number of rows behind it. */
export interface IFacet {
  kind: 'label' | 'unlabeled' | 'differs';
  label: string;
  count: number;
}

export interface ITraits {
  title: string;
  query: IQuery;
  facets: IFacet[];
  sorts: [string, string][];
  selected: string[];
}

export interface IItem {
  id: string;
  name: string;
  label: string | null;
  prediction: string | null;
  score: number | null;
}

export interface IPage {
  seq: number;
  page: number;
  pages: number;
  total: number;
  items: IItem[];
  thumbs: Uint8Array[];
}

interface IPageMessage {
  kind: 'page';
  seq: number;
  page: number;
  pages: number;
  total: number;
  items: [string, string, string | null, string | null, number | null][];
  ends: number[];
}

export interface IProblem {
  kind: 'problem';
  message: string;
  hint: string;
}

/** Return the page in a message from Python, or null when it is another message. */
export function readPage(message: unknown, buffers: DataView[]): IPage | null {
  if (!hasKind(message, 'page')) {
    return null;
  }
  const { seq, page, pages, total, items, ends } = message as unknown as IPageMessage;
  return {
    seq,
    page,
    pages,
    total,
    items: items.map(([id, name, label, prediction, score]) => ({
      id,
      name,
      label,
      prediction,
      score
    })),
    thumbs: slices(buffers[0], ends)
  };
}

export function isProblem(message: unknown): message is IProblem {
  return hasKind(message, 'problem');
}

/** Whether a model disagrees with the person who labeled the row. */
export function differs(item: IItem): boolean {
  return item.label !== null && item.prediction !== null && item.label !== item.prediction;
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
