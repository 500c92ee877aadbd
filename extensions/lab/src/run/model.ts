/** The state of one run's panel: its details, read again when its record changes, and its log while it grows. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { OFFLINE, told, WorkbenchError } from '../problems';
import { type Facts, type IRecord, type IRunDetails, type IWorkbenchModel } from '../tokens';
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
    return this._isDisposed;
  }

  readonly text = new LogText();
  /** What is looked at, and the run that it is compared with. */
  tab = 'log';
  other = '';

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

  /** Read something more of the run; null when there is none, or why it cannot be read. */
  facts(what: Facts): Promise<JSONObject> {
    return this.workbench.facts(this.id, what);
  }

  /** What is different between this run and another one. */
  contrast(other: string): Promise<JSONValue> {
    return this.workbench.ask('contrast', { run: `run:${this.id}`, other: `run:${other}` });
  }

  /** The other runs, those of the same notebook first. */
  others(): readonly IRecord[] {
    const title = this._details?.fields['title'];
    const runs = this.workbench.list('run').filter(run => run.id !== this.id);
    return [
      ...runs.filter(run => run.fields['title'] === title),
      ...runs.filter(run => run.fields['title'] !== title)
    ].slice(0, 200);
  }

  /** The address of a page or a file of the run. */
  url(path: string): string {
    return this.workbench.url(`runs/${encodeURIComponent(this.id)}/${path}`);
  }

  show(tab: string, other = ''): void {
    this.tab = tab;
    this.other = other || this.other;
    this.tell();
  }

  dispose(): void {
    this._isDisposed = true;
    this.reading.abort();
    this.workbench.changed.disconnect(this.onChanged, this);
    Signal.clearData(this);
  }

  private onChanged(): void {
    const record = this.workbench.find(`run:${this.id}`);
    this.begin(Number(record?.fields['attempt'] ?? 0));
    if (this.isStarted && record && record.seq !== this._details?.seq) {
      void this.look();
      void this.follow();
    } else {
      this.tell();
    }
  }

  /** An attempt has a log of its own: that of the one before is in the run's files. */
  private begin(attempt: number): void {
    if (this.attempt && attempt > this.attempt) {
      this.text.clear();
      this.offset = 0;
      this.hasEnded = false;
      this.reading.abort();
    }
    this.attempt = attempt || this.attempt;
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
      if (!this.hasEnded && !this.reading.signal.aborted) {
        await new Promise(resolve => setTimeout(resolve, RETRY_MS));
      }
    }
    this.isFollowing = false;
  }

  private async read(): Promise<void> {
    this.reading = new AbortController();
    const { signal } = this.reading;
    for await (const event of this.workbench.log(this.id, this.offset, signal)) {
      if (signal.aborted) {
        return;
      }
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

  private reading = new AbortController();
  private readonly _changed = new Signal<RunModel, void>(this);
  private _details: IRunDetails | null = null;
  private _problem = '';
  private isStarted = false;
  private isFollowing = false;
  private hasEnded = false;
  private attempt = 0;
  private _isDisposed = false;
  private offset = 0;
  private isTelling = false;
}
