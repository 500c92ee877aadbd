/** A note about something under way: shown when it takes a moment, and always when it has ended. */
import { Notification } from '@jupyterlab/apputils';

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
