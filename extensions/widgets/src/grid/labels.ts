// Labels as they are stored (see docs/tasks.md), read for showing: names for a caption, shapes for an overlay.

export interface IRegion {
  label: string;
  box?: [number, number, number, number];
  rotation?: number;
  polygon?: [number, number][];
  mask?: { size: [number, number]; counts: string };
  point?: [number, number];
  start?: number;
  end?: number;
  id?: string;
}

export interface IRelation {
  from: string;
  to: string;
  label: string;
}

export interface IRead {
  /** What a caption says. */
  said: string;
  regions: IRegion[];
  relations: IRelation[];
}

const NOTHING: IRead = { said: '', regions: [], relations: [] };
const cache = new Map<string, IRead>();

/** Return what a label says; text that is not JSON stands for itself. */
export function readLabel(label: string | null, shape: string): IRead {
  if (label === null) {
    return NOTHING;
  }
  if (shape === 'class' || shape === 'text' || !/^[[{]/.test(label)) {
    return { ...NOTHING, said: label };
  }
  let known = cache.get(label);
  if (!known) {
    known = parsed(label);
    if (cache.size > 1000) {
      cache.clear();
    }
    cache.set(label, known);
  }
  return known;
}

function parsed(label: string): IRead {
  let value: unknown;
  try {
    value = JSON.parse(label);
  } catch {
    return { ...NOTHING, said: label };
  }
  if (Array.isArray(value)) {
    if (value.every(item => typeof item === 'string')) {
      return { ...NOTHING, said: value.length ? value.join(', ') : 'none' };
    }
    return { said: counted(value as IRegion[]), regions: value as IRegion[], relations: [] };
  }
  const { spans = [], relations = [] } = value as { spans?: IRegion[]; relations?: IRelation[] };
  return { said: counted(spans), regions: spans, relations };
}

/** Return the classes of regions with how often they occur, such as "crack × 2, ok". */
export function counted(regions: IRegion[]): string {
  const counts = new Map<string, number>();
  for (const { label } of regions) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const parts = [...counts].map(([name, n]) => (n > 1 ? `${name} × ${n}` : name));
  return parts.join(', ') || 'nothing';
}
