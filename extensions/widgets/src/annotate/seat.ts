// Which session a view is: after a reload, or in a cell that runs again, the one that has its items already.

import { type Cleanup } from '../anywidget';

/** A view that is just going, as when its cell runs again, leaves its seat within this time. */
const PATIENCE_MS = 300;

export interface ISeat {
  id: string;
  leave: Cleanup;
}

/**
 * Return the seat that this window had in *place*, unless somebody sits on it: another view, or a copy of this window.
 * A lock tells, which ends with its page. Where a browser has none, each view is a new session.
 */
export async function takeSeat(place: string): Promise<ISeat> {
  const name = `wb-annotate-seat:${place}`;
  const before = read(name);
  const leave = before === null ? null : await lock(`${name}:${before}`);
  if (before !== null && leave) {
    return { id: before, leave };
  }
  const id = crypto.getRandomValues(new Uint32Array(2)).join('-');
  const stop = (await lock(`${name}:${id}`)) ?? (() => undefined);
  write(name, id);
  return { id, leave: stop };
}

/** Return what gives the lock back, null when somebody else has it. */
function lock(name: string): Promise<Cleanup | null> {
  const { locks } = navigator as { locks?: LockManager }; // not where the address is neither https nor local
  if (!locks) {
    return Promise.resolve(null);
  }
  return new Promise(resolve => {
    const hold = (): Promise<void> => new Promise(release => resolve(() => release()));
    const signal = AbortSignal.timeout(PATIENCE_MS);
    locks.request(name, { signal }, hold).catch(() => resolve(null));
  });
}

function read(name: string): string | null {
  try {
    return window.sessionStorage.getItem(name);
  } catch {
    return null; // forbidden by the browser's settings
  }
}

function write(name: string, id: string): void {
  try {
    window.sessionStorage.setItem(name, id);
  } catch {
    // As above; a reload then begins a new session.
  }
}
