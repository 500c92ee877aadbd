// What a window has answered lately, to take it back: items with their media, and what was said.

import { forget } from './media';
import { type IShown, type Label } from './protocol';

const REMEMBERED = 30;

export interface IDone {
  item: IShown;
  label: Label;
}

export class History {
  private _done: IDone[] = [];

  get length(): number {
    return this._done.length;
  }

  add(item: IShown, label: Label): void {
    this._done.push({ item, label });
    if (this._done.length > REMEMBERED) {
      forget(this._done.shift()?.item);
    }
  }

  last(): IDone | undefined {
    return this._done.pop();
  }

  /** Take an item out that was not the last one, because its answer was refused. */
  take(id: string): IDone | undefined {
    const at = this._done.findIndex(done => done.item.id === id);
    return at < 0 ? undefined : this._done.splice(at, 1)[0];
  }
}
