// The parts that a browser of data loads when they are asked for, and what they are told.

import { type IItem } from './protocol';
import { type Store } from './store';

/** What a part may use of the view that opened it. */
export interface IHost {
  store: Store;
  colorOf(label: string): string;
  focused(): IItem | undefined;
  /** Move to the next or the previous item. */
  step(by: 1 | -1): void;
  toggle(): void;
  close(): void;
}

export interface IPanel {
  node: HTMLElement;
  /** The page, the selection, the query or the focus is another. */
  update(): void;
  dispose(): void;
}

/** What the module of a part exports by default. */
export interface IPart {
  default(host: IHost): IPanel;
}
