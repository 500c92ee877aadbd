// The grid's state in the browser: the page that Python sent last, decoded, for every view of the widget.

import { type Cleanup, type IModel } from '../anywidget';
import { hello } from '../hello';
import {
  type IPage,
  type IProblem,
  type IQuery,
  isProblem,
  type ITraits,
  readPage
} from './protocol';
import { decode } from './thumbs';

export interface IShown extends IPage {
  images: (HTMLImageElement | null)[];
}

export class Store {
  page: IShown | null = null;
  problem: IProblem | null = null;
  private _listeners = new Set<() => void>();
  private _latest = -1;

  constructor(readonly model: IModel<ITraits>) {}

  /** Ask Python for the page, and listen for this one and every later one. */
  connect(): Cleanup {
    const receive = (message: unknown, buffers: DataView[]): void =>
      void this._receive(message, buffers);
    const changed = (): void => this._emit();
    this.model.on('msg:custom', receive);
    this.model.on('change:selected', changed);
    this.model.on('change:facets', changed);
    this.model.on('change:query', changed);
    const stop = hello(this.model);
    return () => {
      stop();
      this.model.off('msg:custom', receive);
      this.model.off('change:selected', changed);
      this.model.off('change:facets', changed);
      this.model.off('change:query', changed);
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

  private async _receive(message: unknown, buffers: DataView[]): Promise<void> {
    if (isProblem(message)) {
      this.problem = message;
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

  private _emit(): void {
    this._listeners.forEach(listener => listener());
  }
}
