// The state in the browser: what Python sent last, decoded, for every view of the widget; and questions to Python.

import { type Cleanup, type IModel } from '../anywidget';
import { hello } from '../hello';
import {
  type IAnswer,
  type IFacet,
  type IPage,
  type IProblem,
  type IQuery,
  isAnswer,
  isProblem,
  type ITraits,
  readFacets,
  readPage
} from './protocol';
import { decode } from './thumbs';

export interface IShown extends IPage {
  images: (HTMLImageElement | null)[];
}

export interface ITold {
  told: IAnswer;
  buffers: DataView[];
}

type Waiting = { done: (told: ITold) => void; failed: (problem: IProblem) => void };

export class Store {
  page: IShown | null = null;
  facets: IFacet[] = [];
  problem: IProblem | null = null;
  private _listeners = new Set<() => void>();
  private _waiting = new Map<number, Waiting>();
  private _latest = -1;
  private _asked = 0;
  private _isPainted = false;
  private _parts = new Map<string, Promise<unknown>>();

  constructor(readonly model: IModel<ITraits>) {}

  /** Ask Python for the page, and listen for this one and every later one. */
  connect(): Cleanup {
    const receive = (message: unknown, buffers: DataView[]): void =>
      void this._receive(message, buffers);
    const changed = (): void => this._emit();
    const traits = ['selected', 'query', 'about', 'title'] as const;
    this.model.on('msg:custom', receive);
    traits.forEach(name => this.model.on(`change:${name}`, changed));
    const stop = hello(this.model);
    return () => {
      stop();
      this.model.off('msg:custom', receive);
      traits.forEach(name => this.model.off(`change:${name}`, changed));
    };
  }

  subscribe(listener: () => void): Cleanup {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Change the query; Python answers with the page. */
  ask(change: Partial<IQuery>): void {
    this.model.set('query', { ...this.model.get('query'), page: 0, ...change });
    this.model.save_changes();
  }

  select(ids: string[]): void {
    this.model.set('selected', ids);
    this.model.save_changes();
    this._emit();
  }

  /** Ask Python a question; the promise fails with a problem that is shown already. */
  question(what: string, about: Record<string, unknown> = {}): Promise<ITold> {
    const n = ++this._asked;
    return new Promise((done, failed) => {
      this._waiting.set(n, { done, failed });
      // A change of the query tells its listeners before it is sent: what they ask must come after it.
      queueMicrotask(() => this.model.send({ kind: 'ask', n, what, about }));
    });
  }

  /** Load a part of the front end, once. */
  part<P>(name: string): Promise<P> {
    const known = this._parts.get(name) ?? this._load(name);
    this._parts.set(name, known);
    known.catch(() => this._parts.delete(name)); // another try may find a kernel that answers
    return known as Promise<P>;
  }

  /** A page is painted: ask for what can wait, the counts, once the frame is on the screen. */
  painted(): void {
    if (!this._isPainted) {
      this._isPainted = true;
      requestAnimationFrame(() => setTimeout(() => this.model.send({ kind: 'painted' })));
    }
  }

  /** Show a problem until the next page. */
  fail(problem: IProblem): void {
    this.problem = problem;
    this._emit();
  }

  private async _load(name: string): Promise<unknown> {
    const { told } = await this.question('part', { name });
    const url = URL.createObjectURL(
      new Blob([told['code'] as string], { type: 'text/javascript' })
    );
    try {
      return await import(/* @vite-ignore */ url);
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  private async _receive(message: unknown, buffers: DataView[]): Promise<void> {
    if (isAnswer(message)) {
      this._answered(message, buffers);
      return;
    }
    if (isProblem(message)) {
      this.fail(message);
      return;
    }
    const facets = readFacets(message);
    if (facets) {
      this.facets = facets;
      this._emit();
      return;
    }
    const page = readPage(message, buffers);
    if (!page || page.seq <= this._latest) {
      return;
    }
    this._latest = page.seq;
    const images = await decode(page.thumbs);
    if (page.seq !== this._latest) {
      return; // a later page arrived while this one was decoded
    }
    this.page = { ...page, images };
    this.problem = null;
    this._emit();
  }

  private _answered(told: IAnswer, buffers: DataView[]): void {
    const waiting = this._waiting.get(told.n);
    this._waiting.delete(told.n);
    if (!told.problem) {
      waiting?.done({ told, buffers });
      return;
    }
    const problem: IProblem = { kind: 'problem', ...told.problem };
    if (waiting) {
      this.fail(problem);
      waiting.failed(problem);
    }
  }

  private _emit(): void {
    this._listeners.forEach(listener => listener());
  }
}
