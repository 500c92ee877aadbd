/** The state of the workspace: polled, kept once, told by one signal. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import { MISSING, OFFLINE, WorkbenchError } from './problems';
import {
  type Connection,
  type Facts,
  type IApi,
  type IRecord,
  type IRunDetails,
  type IState,
  type IVerb,
  type IWorkbenchModel,
  type LogEvent
} from './tokens';

/** States in which a run still changes by itself. */
const ACTIVE = new Set(['preparing', 'queued', 'running']);

export class WorkbenchModel implements IWorkbenchModel {
  constructor(private readonly api: IApi) {
    this.poll = new Poll({
      auto: false,
      name: 'perception-workbench:state',
      standby: 'when-hidden',
      frequency: { interval: 3000, backoff: true, max: 30_000 },
      factory: () => this.fetch()
    });
  }

  get changed(): ISignal<IWorkbenchModel, void> {
    return this._changed;
  }

  get connection(): Connection {
    return this._connection;
  }

  get workspace(): IState['workspace'] {
    return this._workspace;
  }

  get isDisposed(): boolean {
    return this.poll.isDisposed;
  }

  /** Look at once, then every few seconds. */
  start(interval_s: number): void {
    this.interval = interval_s * 1000;
    void this.poll.start();
  }

  list(kind: string): readonly IRecord[] {
    let found = this.lists.get(kind);
    if (!found) {
      found = [...this.records.values()].filter(record => record.kind === kind).sort(newestFirst);
      this.lists.set(kind, found);
    }
    return found;
  }

  find(ref: string): IRecord | undefined {
    return this.records.get(ref) ?? [...this.records.values()].find(record => record.ref === ref);
  }

  isBusy(verb: string, args: JSONObject): boolean {
    return this.atWork.has(keyOf(verb, args));
  }

  async verbs(): Promise<readonly IVerb[]> {
    this.known ??= this.api.verbs();
    try {
      return await this.known;
    } catch (error) {
      this.known = undefined;
      throw error;
    }
  }

  async call(verb: string, args: JSONObject): Promise<JSONValue> {
    const key = keyOf(verb, args);
    this.atWork.add(key);
    this._changed.emit();
    try {
      return await this.api.call(verb, args);
    } finally {
      this.atWork.delete(key);
      this._changed.emit();
      await this.refresh();
    }
  }

  ask(verb: string, args: JSONObject): Promise<JSONValue> {
    return this.api.call(verb, args);
  }

  run(id: string): Promise<IRunDetails> {
    return this.api.run(id);
  }

  facts(id: string, what: Facts): Promise<JSONObject> {
    return this.api.facts(id, what);
  }

  labels(start: boolean): Promise<{ running: boolean }> {
    return this.api.labels(start);
  }

  url(path: string): string {
    return this.api.url(path);
  }

  log(id: string, offset: number, signal: AbortSignal): AsyncIterable<LogEvent> {
    return this.api.log(id, offset, signal);
  }

  async refresh(): Promise<void> {
    await this.poll.refresh();
  }

  dispose(): void {
    this.poll.dispose();
    Signal.clearData(this);
  }

  private async fetch(): Promise<void> {
    try {
      this.take(await this.api.state(this.seq));
    } catch (error) {
      this.settle(connectionOf(error));
      throw error; // the poll then waits longer each time
    }
  }

  private take(state: IState): void {
    const isOther = state.workspace?.root !== this._workspace?.root;
    this._workspace = state.workspace;
    if (isOther || state.since === 0) {
      this.records.clear();
    }
    if (isOther && state.since > 0) {
      this.seq = 0; // what came is only what changed since a number of the other workspace
      void this.refresh();
      return;
    }
    for (const record of state.records) {
      this.records.set(`${record.kind}:${record.id}`, record);
    }
    if (isOther || state.since === 0 || state.records.length > 0) {
      this.lists.clear();
    }
    this.seq = state.seq;
    this.pace();
    this.settle(
      { status: state.workspace ? 'ready' : 'no-workspace' },
      isOther || state.records.length > 0
    );
  }

  /** Look more often while a run works. */
  private pace(): void {
    const isActive = this.list('run').some(run => ACTIVE.has(run.state));
    const interval = isActive ? Math.min(this.interval, 1000) : this.interval;
    if (this.poll.frequency.interval !== interval) {
      this.poll.frequency = { ...this.poll.frequency, interval };
    }
  }

  private settle(connection: Connection, isNews = false): void {
    const before = JSON.stringify(this._connection);
    this._connection = connection;
    if (isNews || before !== JSON.stringify(connection)) {
      this._changed.emit();
    }
  }

  private readonly poll: Poll;
  private readonly records = new Map<string, IRecord>();
  /** The sorted list of each kind, made when it is asked for. */
  private readonly lists = new Map<string, readonly IRecord[]>();
  private readonly atWork = new Set<string>();
  private readonly _changed = new Signal<IWorkbenchModel, void>(this);
  private known: Promise<readonly IVerb[]> | undefined;
  private interval = 3000;
  private seq = 0;
  private _connection: Connection = { status: 'starting' };
  private _workspace: IState['workspace'] = null;
}

function keyOf(verb: string, args: JSONObject): string {
  return `${verb} ${JSON.stringify(args)}`;
}

/** By when it was made, else by the order of change; a record that changes does not jump about in its list. */
function newestFirst(a: IRecord, b: IRecord): number {
  const [left, right] = [String(a.fields['created'] ?? ''), String(b.fields['created'] ?? '')];
  return left === right ? b.seq - a.seq : left < right ? 1 : -1;
}

function connectionOf(error: unknown): Connection {
  if (!(error instanceof WorkbenchError)) {
    return { status: 'error', message: String(error), hint: '' };
  }
  if (error.code === MISSING) {
    return { status: 'no-extension' };
  }
  const status = error.code === OFFLINE ? 'offline' : 'error';
  return { status, message: error.message, hint: error.hint };
}
