// Questions to Python that have one answer each; one that is not answered in time is a fact, not a failure.

import { type IModel } from '../anywidget';
import { type IProblem, type ITraits } from './protocol';

/** Python heard the question and says why there is no answer. */
export class Refusal extends Error {
  constructor(readonly problem: IProblem) {
    super(problem.message);
  }
}

/** Nobody answered. */
export class Silence extends Error {}

interface IReply {
  kind: string;
  n: string;
  problem?: IProblem;
}

// Every window of a kernel hears every answer, so numbers are told apart by the window.
const WINDOW = crypto.getRandomValues(new Uint32Array(2)).join('-');
let count = 0;

/** Return the answer to *what* with its buffers; raise `Refusal` or, after *patience* milliseconds, `Silence`. */
export function ask<T>(
  model: IModel<ITraits>,
  what: string,
  about: object,
  patience: number
): Promise<{ told: T; buffers: DataView[] }> {
  const n = `${WINDOW}:${(count += 1)}`;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      model.off('msg:custom', hear);
    };
    const hear = (message: unknown, buffers: DataView[]): void => {
      const reply = message as IReply;
      if (reply.kind !== 'answer' || reply.n !== n) {
        return;
      }
      stop();
      if (reply.problem) {
        reject(new Refusal(reply.problem));
      } else {
        resolve({ told: message as T, buffers });
      }
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Silence());
    }, patience);
    model.on('msg:custom', hear);
    try {
      model.send({ kind: 'ask', what, about, n });
    } catch {
      stop();
      reject(new Silence()); // the kernel is gone, and its channel closed
    }
  });
}
