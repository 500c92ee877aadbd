// Answers that Python has not acknowledged yet, kept where a reload or a crash does not reach them.

import { type IAnswer } from './protocol';

/** The part of the browser's storage that is used. */
export interface IStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'wb-annotate';

export class Outbox {
  private _waiting: IAnswer[] = [];
  private _name: string;

  /** *place* is the labeling, *session* this window: two windows never overwrite each other's answers. */
  constructor(
    private _storage: IStorage | null,
    private _place: string,
    session: string
  ) {
    this._name = `${PREFIX}:${_place}:${session}`;
  }

  get waiting(): readonly IAnswer[] {
    return this._waiting;
  }

  /** Take over what windows that are gone left behind; a live one's is sent twice, which changes nothing. */
  adopt(): void {
    const storage = this._storage;
    if (!storage) {
      return;
    }
    const names = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '');
    for (const name of names.filter(each => each.startsWith(`${PREFIX}:${this._place}:`))) {
      for (const answer of parse(storage.getItem(name))) {
        if (!this._waiting.some(other => other.key === answer.key)) {
          this._waiting.push(answer);
        }
      }
      storage.removeItem(name);
    }
    this._save();
  }

  add(answer: IAnswer): void {
    this._waiting.push(answer);
    this._save();
  }

  /** Forget answers that are kept elsewhere now, or were refused. */
  settle(keys: Iterable<string>): void {
    const settled = new Set(keys);
    this._waiting = this._waiting.filter(answer => !settled.has(answer.key));
    this._save();
  }

  private _save(): void {
    try {
      if (this._waiting.length === 0) {
        this._storage?.removeItem(this._name);
      } else {
        this._storage?.setItem(this._name, JSON.stringify(this._waiting));
      }
    } catch {
      // The storage is full or forbidden; the answers are still in this window.
    }
  }
}

function parse(text: string | null): IAnswer[] {
  try {
    const found: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(found) ? (found as IAnswer[]).filter(isAnswer) : [];
  } catch {
    return [];
  }
}

function isAnswer(value: IAnswer | null): boolean {
  return typeof value?.key === 'string' && typeof value.item === 'string';
}
