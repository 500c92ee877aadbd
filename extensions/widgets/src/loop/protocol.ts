// What Python tells the board; mirrors workbench/widgets/loop.py.

export interface IBar {
  name: string;
  /** From 0 to 1. */
  share: number;
  text: string;
}

export interface ICard {
  ref: string;
  title: string;
  state: string;
  facts: string[];
  bars: IBar[];
}

export interface IColumn {
  title: string;
  empty: string;
  cards: ICard[];
  /** How many more there are than are shown. */
  more: number;
}

export interface IBoard {
  workspace: string;
  columns: IColumn[];
  problem: { message: string; hint: string } | null;
}

export interface ITraits {
  board: IBoard;
  chosen: string;
}
