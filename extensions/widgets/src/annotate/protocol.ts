// What Python and the annotator say to each other.

export type Tool =
  | 'choose'
  | 'pair'
  | 'write'
  | 'rank'
  | 'boxes'
  | 'polygons'
  | 'areas'
  | 'points'
  | 'spans'
  | 'relations'
  | 'sounds';

/** What the labeling is; it does not change while the widget lives. */
export interface ISetup {
  place: string;
  title: string;
  task: string;
  modality: string;
  tool: Tool;
  part: string;
  many: boolean;
  classes: string[];
  guidelines: string;
  annotator: string;
  annotators: string[];
}

export interface ITraits {
  setup: ISetup;
}

export interface IMedia {
  name: string;
  type: string;
  /** Of a picture, in pixels of the original. */
  width?: number;
  height?: number;
}

/** An item as Python tells it; `shown` are the texts by name, `media` tells what the buffers are. */
export interface IItem {
  id: string;
  name: string;
  width: number | null;
  height: number | null;
  shown: Record<string, unknown>;
  media: IMedia[];
  prediction: string | null;
  prediction_by: string;
  score: number | null;
  /** Who said what of a disputed item, in words. */
  votes?: [string, string][];
  problem?: string;
}

/** An item with its media as addresses. */
export interface IShown extends IItem {
  urls: Record<string, string>;
}

/** A label: a name or a text, several names, regions, an order. */
export type Label = string | object;

export interface IAnswer {
  key: string;
  item: string;
  label: Label;
  annotator: string;
  at: number;
  seconds: number;
  state: 'given' | 'skipped' | 'withdrawn';
}

export interface IProgress {
  items: number;
  answers: number;
  done: number;
  held: number;
  people: number;
}

export interface IWork {
  kept: string[];
  refused: { key: string; item: string; message: string }[];
  queue: string[];
  items: IItem[];
  progress: IProgress;
}

export interface IProblem {
  message: string;
  hint: string;
}

/** Return the label that a prediction stands for: JSON where labels are more than text. */
export function labelOf(text: string | null, tool: Tool, many: boolean): Label | null {
  if (text === null || text === '') {
    return null;
  }
  if (tool === 'write' || tool === 'pair' || (tool === 'choose' && !many)) {
    return text;
  }
  try {
    return JSON.parse(text) as Label;
  } catch {
    return null;
  }
}
