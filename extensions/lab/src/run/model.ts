/** The state of one run's panel: its details, read again when its record changes, and its log while it grows. */
import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { OFFLINE, WorkbenchError } from '../api';
import { told } from '../problems';
import { type IRunDetails, type IWorkbenchModel } from '../tokens';
import { LogText } from './text';

/** Wait before the log is asked for again after the connection broke. */
const RETRY_MS = 2000;

export class RunModel implements IDisposable {
  constructor(
    readonly id: string,
    private readonly workbench: IWorkbenchModel
  ) {
    workbench.changed.connect(this.onChanged, this);
  }

  get changed(): ISignal<RunModel, void> {
    return this._changed;
  }

  get details(): IRunDetails | null {
    return this._details;
  }

  get problem(): string {
    return this._problem;
  }

  get isDisposed(): boolean {
    return this.stop.signal.aborted;
  }

  readonly text = new LogText();

  start(): void {
    if (!this.isStarted) {
      this.isStarted = true;
      void this.look();
      void this.follow();
    }
  }

  isBusy(verb: string): boolean {
    const action = this._details?.actions.find(each => each.verb === verb);
    return action !== undefined && this.workbench.isBusy(verb, action.arguments);
  }

  dispose(): void {
    this.stop.abort();
    this.workbench.changed.disconnect(this.onChanged, this);
    Signal.clearData(this);
  }

  private onChanged(): void {
    const record = this.workbench.find(`run:${this.id}`);
    if (this.isStarted && record && record.seq !== this._details?.seq) {
      void this.look();
      void this.follow();
    } else {
      this.tell();
    }
  }

  private async look(): Promise<void> {
    try {
      this._details = await this.workbench.run(this.id);
      this._problem = '';
    } catch (error) {
      this._problem = told(error);
    }
    this.tell();
  }

  /** Read the log to its end; of a run that this workspace does not have, nothing until its record comes. */
  private async follow(): Promise<void> {
    if (this.isFollowing || this.hasEnded) {
      return;
    }
    this.isFollowing = true;
    while (!this.isDisposed && !this.hasEnded) {
      try {
        await this.read();
      } catch (error) {
        if (error instanceof WorkbenchError && error.code !== OFFLINE) {
          break;
        }
        // The sidebar tells that the server is gone; the log goes on where it stopped when it is back.
      }
      await new Promise(resolve => setTimeout(resolve, RETRY_MS));
    }
    this.isFollowing = false;
  }

  private async read(): Promise<void> {
    for await (const event of this.workbench.log(this.id, this.offset, this.stop.signal)) {
      this.offset = event.offset;
      if ('ended' in event) {
        this.hasEnded = true;
        this.text.end();
        await this.look();
        return;
      }
      this.text.append(event.text);
      this.tell();
    }
  }

  /** Once per frame is as often as anyone sees. */
  private tell(): void {
    if (!this.isTelling) {
      this.isTelling = true;
      requestAnimationFrame(() => {
        this.isTelling = false;
        this._changed.emit();
      });
    }
  }

  private readonly stop = new AbortController();
  private readonly _changed = new Signal<RunModel, void>(this);
  private _details: IRunDetails | null = null;
  private _problem = '';
  private isStarted = false;
  private isFollowing = false;
  private hasEnded = false;
  private offset = 0;
  private isTelling = false;
}
