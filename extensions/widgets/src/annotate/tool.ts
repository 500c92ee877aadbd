// What every tool of the annotator is: it makes the label of one item after the other.

import { type IShown, type ISetup, type Label } from './protocol';

export interface IHost {
  readonly setup: ISetup;
  /** Give this answer and go on. */
  submit(label: Label): void;
  /** Something changed that the frame shows: whether there is an answer, what can be undone. */
  changed(): void;
}

/** A key as it is printed on a cap, and what it does. */
export type Help = [string, string][];

export interface ITool {
  /** What stands below the stage: the classes, a field, a list. */
  readonly panel: HTMLElement;
  readonly help: Help;
  /** Whether a suggestion is in the tool from the start; else it is taken by a key. */
  readonly startsWithSuggestion: boolean;
  /** Begin with an item that *stage* shows, and with what is said of it so far. */
  show(item: IShown, stage: HTMLElement, label: Label | null): void;
  /** What is said now; null when that is no answer yet. */
  label(): Label | null;
  /** Use a key that the frame has no use for; return whether it was one of the tool's. */
  press(event: KeyboardEvent): boolean;
  readonly canUndo: boolean;
  /** Take the last step within the item back; return false when there was none. */
  undo(): boolean;
  /** Another part of the item's pictures is seen now, or in another size. */
  zoomed?(): void;
  /** Let go of the item: another one comes, or none. */
  clear(): void;
}

export type MakeTool = (host: IHost) => ITool;
