// One window's work: the item before the person, those that come next, what was answered, and what waits for Python.

import { type Cleanup, type IModel } from '../anywidget';
import { History } from './history';
import { forget, withMedia } from './media';
import { Outbox } from './outbox';
import {
  type IAnswer,
  type IProblem,
  type IProgress,
  type IShown,
  type ISetup,
  type ITraits,
  type IWork,
  type Label
} from './protocol';
import { type ISeat, takeSeat } from './seat';
import { ask, Refusal } from './wire';

const AHEAD = 6;
const PATIENCE_MS = 4000;
/** The first question may be lost: JupyterLab opens the channel that a busy kernel hears only after it. */
const FIRST_MS = 1000;
const BEAT_MS = 40_000; // a third of Python's lease, and less than what browsers make of hidden windows' timers
const IDLE_MS = 15 * 60_000;
const AGAIN_MS = [500, 1500, 4000, 8000];

export class Session {
  readonly setup: ISetup;
  annotator: string;
  current: IShown | null = null;
  /** What the person said of the current item before they took it back. */
  said: Label | null = null;
  progress: IProgress | null = null;
  problem: IProblem | null = null;
  isAway = false;
  isPaused = false;
  hasAsked = false;
  /** When each answer of this window was given, to tell the pace. */
  readonly given: number[] = [];

  private _ahead: IShown[] = [];
  private _done = new History();
  private _outbox: Outbox | null = null;
  private _seat: ISeat | null = null;
  private _listeners = new Set<() => void>();
  private _isAsking = false;
  private _wantsMore = false;
  private _failures = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _touched = Date.now();

  constructor(
    readonly model: IModel<ITraits>,
    private _storage: Storage | null
  ) {
    this.setup = model.get('setup');
    this.annotator = this.setup.annotator;
  }

  get nWaiting(): number {
    return this._waiting.length;
  }

  get canUndo(): boolean {
    return this._done.length > 0;
  }

  /** Show the work in one more view; with the first the session begins, with the last it ends. */
  enter(listener: () => void): Cleanup {
    this._listeners.add(listener);
    const online = (): void => void this.ask();
    window.addEventListener('online', online);
    if (this._listeners.size === 1) {
      void this._begin();
    }
    return () => {
      this._listeners.delete(listener);
      window.removeEventListener('online', online);
      if (this._listeners.size === 0) {
        this._end();
      }
    };
  }

  private async _begin(): Promise<void> {
    const seat = await takeSeat(this.setup.place);
    if (this._listeners.size === 0) {
      seat.leave();
      return;
    }
    this._seat = seat;
    this._outbox = new Outbox(this._storage, this.setup.place, seat.id);
    this._outbox.adopt();
    await this.ask();
  }

  private _end(): void {
    clearTimeout(this._timer);
    this._leave();
    this._seat?.leave();
    this._seat = null;
  }

  private get _waiting(): readonly IAnswer[] {
    return this._outbox?.waiting ?? [];
  }

  /** The person is here: a window that nobody touches for long gives its items back. */
  touch(): void {
    this._touched = Date.now();
    if (this.isPaused) {
      this.isPaused = false;
      void this.ask();
    }
  }

  join(annotator: string): void {
    this.annotator = annotator;
    this.problem = null;
    void this.ask();
  }

  /** Say something of the current item and go on to the next at once; Python hears of it when it can. */
  answer(label: Label, seconds: number, state: 'given' | 'skipped' = 'given'): void {
    const item = this.current;
    if (!item) {
      return;
    }
    this._say(item.id, label, seconds, state);
    this._done.add(item, label);
    this.given.push(Date.now());
    this.said = null;
    this.problem = null;
    this.current = this._ahead.shift() ?? null;
    this._emit();
    void this.ask();
  }

  /** Take the last answer back and show its item again. */
  undo(): void {
    const last = this._done.last();
    if (!last) {
      return;
    }
    this._say(last.item.id, '', 0, 'withdrawn');
    this.given.pop();
    this._show(last.item, last.label);
    void this.ask();
  }

  /** Hand in what waits, and fetch what is missing; of several calls at once, one follows the other. */
  async ask(): Promise<void> {
    if (this._isAsking) {
      this._wantsMore = true;
      return;
    }
    if (this.annotator === '' || !this._seat) {
      return;
    }
    this._isAsking = true;
    clearTimeout(this._timer);
    const sent = [...this._waiting];
    const patience = this.hasAsked || this._failures > 0 ? PATIENCE_MS : FIRST_MS;
    try {
      const { told, buffers } = await ask<IWork>(this.model, 'work', this._about(sent), patience);
      this._failures = 0;
      this.isAway = false;
      this._take(told, buffers, sent);
    } catch (error) {
      this._failures += 1;
      this.isAway = !(error instanceof Refusal) && (this.hasAsked || this._failures > 1);
      this.problem = error instanceof Refusal ? error.problem : this.problem;
    }
    this._isAsking = false;
    this._emit();
    this._again();
  }

  private _again(): void {
    if (!this._seat) {
      return;
    }
    if (this._wantsMore || (this._failures === 0 && this._room() > 0 && this._isGrowing())) {
      this._wantsMore = false;
      void this.ask();
      return;
    }
    const wait = this._failures
      ? (AGAIN_MS[Math.min(this._failures, AGAIN_MS.length) - 1] as number)
      : this.current
        ? BEAT_MS
        : 5000; // somebody may give items back
    this._timer = setTimeout(() => this._beat(), wait);
  }

  private _beat(): void {
    if (Date.now() - this._touched > IDLE_MS && this.nWaiting === 0) {
      this.isPaused = true;
      this._leave();
      this._emit();
      return;
    }
    void this.ask();
  }

  private _lastSize = -1;

  /** Whether the last question brought something, so that another one may too. */
  private _isGrowing(): boolean {
    const size = this._ahead.length + (this.current ? 1 : 0);
    const grew = size !== this._lastSize;
    this._lastSize = size;
    return grew;
  }

  private _room(): number {
    return AHEAD - this._ahead.length - (this.current ? 1 : 0);
  }

  private _about(answers: IAnswer[]): object {
    const have = this._held();
    // The first item comes alone: media of several megabytes would keep the person waiting.
    const room = have.length === 0 ? 1 : Math.max(have.length, AHEAD);
    return {
      session: this._seat?.id,
      annotator: this.annotator,
      now: Date.now(),
      answers,
      have,
      room
    };
  }

  private _held(): string[] {
    return [...(this.current ? [this.current] : []), ...this._ahead].map(item => item.id);
  }

  private _take(told: IWork, buffers: DataView[], sent: IAnswer[]): void {
    this.hasAsked = true;
    this.progress = told.progress;
    this.problem = null;
    this._outbox?.settle([...told.kept, ...told.refused.map(each => each.key)]);
    const queue = new Set(told.queue);
    // What went to somebody else because this window was silent for long; the current item stays, the person is at it.
    this._ahead = this._ahead.filter(item => queue.has(item.id) || (forget(item), false));
    const busy = new Set([...this._held(), ...this._waiting.map(answer => answer.item)]);
    let at = 0;
    for (const item of told.items) {
      const mine = buffers.slice(at, (at += item.media.length));
      if (!busy.has(item.id)) {
        this._ahead.push(withMedia(item, mine));
      }
    }
    this.current ??= this._ahead.shift() ?? null;
    for (const { item, message } of told.refused) {
      this._reopen(item, sent.find(answer => answer.item === item)?.label ?? null);
      this.problem = { message, hint: '' };
    }
  }

  private _reopen(id: string, label: Label | null): void {
    const done = this._done.take(id);
    if (done) {
      this._show(done.item, label);
    }
  }

  private _show(item: IShown, label: Label | null): void {
    if (this.current && this.current !== item) {
      this._ahead.unshift(this.current);
    }
    this.current = item;
    this.said = label === '' ? null : label;
    this._emit();
  }

  private _say(item: string, label: Label, seconds: number, state: IAnswer['state']): void {
    const key = crypto.getRandomValues(new Uint32Array(3)).join('-');
    const { annotator } = this;
    this._outbox?.add({ key, item, label, annotator, at: Date.now(), seconds, state });
  }

  /** Give the items back that were not answered, and the memory of their media. */
  private _leave(): void {
    const have = this._held();
    if (have.length > 0) {
      const about = { session: this._seat?.id, annotator: this.annotator, have };
      ask(this.model, 'leave', about, PATIENCE_MS).catch(() => undefined); // the lease runs out anyway
    }
    [this.current ?? undefined, ...this._ahead.splice(0)].forEach(forget);
    this.current = null;
  }

  private _emit(): void {
    this._listeners.forEach(listener => listener());
  }
}
