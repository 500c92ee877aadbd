// Telling Python that a browser is here, until Python answers.

import { type Cleanup, type IModel } from './anywidget';

// A kernel that trains answers only through a subshell, which JupyterLab opens after the first message was sent.
const AGAIN_MS = [300, 1000, 3000];

/**
 * Say hello now, and again later if nothing was heard; return the call that stops it. By `who` Python knows which hellos
 * are one browser's, and answers one of them.
 */
export function hello<T extends object>(model: IModel<T>): Cleanup {
  const who = Math.random().toString(36).slice(2);
  const timers = AGAIN_MS.map(delay => setTimeout(say, delay));
  const stop = (): void => {
    timers.forEach(clearTimeout);
    model.off('msg:custom', stop);
  };
  model.on('msg:custom', stop);
  say();
  return stop;

  function say(): void {
    model.send({ kind: 'hello', who });
  }
}
