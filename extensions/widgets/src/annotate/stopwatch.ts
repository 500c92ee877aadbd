// How long a person looked at an item: time in a window that nobody sees does not count.

import { type Cleanup } from '../anywidget';

const MOST_S = 600;

export class Stopwatch {
  private _sum = 0;
  private _since: number | null = null;

  start(): Cleanup {
    const turn = (): void => {
      this._pause();
      this._since = document.hidden ? null : performance.now();
    };
    document.addEventListener('visibilitychange', turn);
    turn();
    return () => document.removeEventListener('visibilitychange', turn);
  }

  reset(): void {
    this._sum = 0;
    this._since = document.hidden ? null : performance.now();
  }

  /** Return the seconds since the last reset; a break of an hour is no hour of labeling. */
  seconds(): number {
    this._pause();
    this._since = document.hidden ? null : performance.now();
    return Math.min(MOST_S, Math.round(this._sum / 10) / 100);
  }

  private _pause(): void {
    this._sum += this._since === null ? 0 : performance.now() - this._since;
    this._since = null;
  }
}
