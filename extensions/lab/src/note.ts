/** A note about something under way: shown when it takes a moment, and always when it has ended. */
import { Notification } from '@jupyterlab/apputils';
import { sentence, summary } from './notices';
import { type IRecord } from './tokens';

/**
 * JupyterLab loads its toasts when the first is shown, and loses an update that comes before that. So progress is only
 * told when there is some to tell, and a note stays at least this long before it is updated.
 */
const PATIENCE_MS = 400;

export class Note {
  constructor(label: string) {
    this.timer = setTimeout(() => {
      this.id = Notification.emit(`${label} …`, 'in-progress', { autoClose: false });
      this.shownAt = Date.now();
    }, PATIENCE_MS);
  }

  /** Say how it ended; what went wrong stays until it is closed. */
  async end(message: string, type: 'success' | 'error'): Promise<void> {
    clearTimeout(this.timer);
    const autoClose = type === 'success' ? 4000 : false;
    if (this.id === '') {
      Notification.emit(message, type, { autoClose });
      return;
    }
    const age = Date.now() - this.shownAt;
    await new Promise(resolve => setTimeout(resolve, Math.max(0, PATIENCE_MS - age)));
    Notification.update({ id: this.id, message, type, autoClose });
  }

  private id = '';
  private shownAt = 0;
  private readonly timer: ReturnType<typeof setTimeout>;
}

/** More jobs than this that ended are told in one sentence. */
const FEW = 3;

/** Show which jobs have ended, with a button that opens each; what went wrong stays until it is closed. */
export function notify(ended: readonly IRecord[], open: (id: string) => void): void {
  if (ended.length > FEW) {
    Notification.emit(summary(ended), 'info', { autoClose: 8000 });
    return;
  }
  for (const run of ended) {
    const type = run.state === 'done' ? 'success' : run.state === 'cancelled' ? 'info' : 'error';
    Notification.emit(sentence(run), type, {
      autoClose: type === 'error' ? false : 8000,
      actions: [{ label: 'Open', callback: () => open(run.id) }]
    });
  }
}
