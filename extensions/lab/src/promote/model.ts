/** The state of the promotion's dialog: what is filled in, what the server says of it, and how the rehearsal stands. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { type IField, shown, typed } from '../dialogs/input';
import { told } from '../problems';
import { fieldsOf, type ICertificate, type IOffer, isRefused, offerOf } from './offer';

/** Wait so long after the last key before the server is asked. */
const PAUSE_MS = 300;

export interface ISubject {
  readonly notebook: string;
  /** How many code cells the notebook has. */
  readonly count: number;
  /** What can be run: the value of `cells`, and what to call it. */
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly cells: string;
  /** The parameters as this side reads them; the dialog shows them before the server has answered. */
  readonly found: readonly IField[];
  /** Kept when the notebook is saved. */
  readonly saved: Promise<void>;
}

type Ask = (verb: string, args: JSONObject) => Promise<JSONValue>;

/** How the job is to run, with the values that mean 'as usual'. */
export const ORDER: readonly IField[] = [
  { name: 'workers', label: 'Workers', type: 'integer', value: 1, least: 1 },
  { name: 'cpus', label: 'Cores each', type: 'number', value: 1, least: 0 },
  { name: 'memory_gb', label: 'Memory each, GB', type: 'number', value: 0, least: 0 },
  { name: 'gpus', label: 'GPUs each', type: 'integer', value: 0, least: 0 },
  { name: 'priority', label: 'Priority', type: 'integer', value: 0 },
  { name: 'retries', label: 'Retries', type: 'integer', value: 0, least: 0 },
  { name: 'time_limit_s', label: 'Time limit, s', type: 'number', value: 0, least: 0 },
  { name: 'idea', label: 'Idea', type: 'text', value: '' },
  { name: 'after', label: 'After runs', type: 'list', value: [], placeholder: 'job-1, job-2' },
  { name: 'rehearsal_s', label: 'Rehearse, s', type: 'number', value: 30, least: 0 }
];
/** What `preflight` is asked with; the rest does not change what it says. */
const WEIGHED = new Set(['workers', 'cpus', 'memory_gb', 'gpus']);

export class PromoteModel implements IDisposable {
  constructor(
    readonly subject: ISubject,
    private readonly ask: Ask,
    private readonly pause_ms = PAUSE_MS
  ) {
    this.cells = subject.cells;
  }

  readonly changed: ISignal<PromoteModel, void> = new Signal<PromoteModel, void>(this);
  offer: IOffer | null = null;
  certificate: ICertificate | null = null;
  /** Why the server could not say what it thinks; that keeps nobody from going on. */
  trouble = '';
  rehearsalTrouble = '';
  isLooking = false;
  isRehearsing = false;
  cells: string;
  at = '';
  override = '';

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get fields(): IField[] {
    return fieldsOf(this.offer, this.subject.found);
  }

  get isRefused(): boolean {
    return isRefused(this.certificate);
  }

  /** What a field shows: what was typed, else its default. */
  valueOf(field: IField): string {
    return this.values[field.name] ?? shown(field.value);
  }

  orderOf(field: IField): string {
    return this.order[field.name] ?? shown(field.value);
  }

  start(): void {
    this._isDisposed = false;
    void this.look();
  }

  set(name: string, value: string): void {
    this.values[name] = value;
    this.later();
  }

  setOrder(name: string, value: string): void {
    this.order[name] = value;
    if (WEIGHED.has(name)) {
      this.later();
    }
  }

  setAt(at: string): void {
    this.at = at;
    this.later();
  }

  setOverride(reason: string): void {
    this.override = reason;
    this.tell();
  }

  setCells(cells: string): void {
    this.cells = cells;
    this.offer = this.certificate = null;
    this.hasRehearsed = false;
    this.later();
  }

  /** The promotion was refused after all: show why, and ask for a reason. */
  refuse(says: string): void {
    if (!this.isRefused) {
      this.certificate = { bundle: '', ...this.certificate, verdict: 'failed', says };
    }
    this.hasRehearsed = false;
  }

  /** The arguments of `promote`: what was changed, so that the defaults stay the server's. */
  arguments(): JSONObject {
    const made: JSONObject = { ...this.weighed(), ...this.changedOrder(() => true) };
    return this.isRefused && this.override ? { ...made, override: this.override } : made;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this.timer);
  }

  private weighed(): JSONObject {
    const made: JSONObject = { notebook: this.subject.notebook, parameters: this.parameters() };
    if (this.cells) {
      made['cells'] = this.cells;
    }
    if (this.at) {
      made['at'] = this.at;
    }
    return { ...made, ...this.changedOrder(name => WEIGHED.has(name)) };
  }

  private parameters(): JSONObject {
    const fields = this.fields.filter(field => field.type !== 'fixed');
    const changed = fields.filter(field => this.valueOf(field) !== shown(field.value));
    return Object.fromEntries(
      changed.map(field => [field.name, typed(field, this.valueOf(field))])
    );
  }

  private changedOrder(isIn: (name: string) => boolean): JSONObject {
    const fields = ORDER.filter(field => isIn(field.name) && this.orderOf(field) !== '');
    const changed = fields.filter(field => this.orderOf(field) !== shown(field.value));
    return Object.fromEntries(
      changed.map(field => [field.name, typed(field, this.orderOf(field))])
    );
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), this.pause_ms);
    this.tell();
  }

  /** Ask what the server says of all this; one question at a time, and the last one counts. */
  private async look(): Promise<void> {
    if (this.isLooking) {
      this.isStale = true;
      return;
    }
    this.isLooking = true;
    this.tell();
    try {
      await this.subject.saved;
      this.offer = offerOf(await this.ask('preflight', this.weighed()));
      this.certificate = this.offer.certificate ?? this.certificate;
      this.trouble = '';
    } catch (error) {
      this.trouble = told(error);
    }
    this.isLooking = false;
    this.tell();
    if (this.isStale && !this.isDisposed) {
      this.isStale = false;
      void this.look();
    } else if (this.offer && this.offer.problems.length === 0) {
      void this.rehearse();
    }
  }

  private async rehearse(): Promise<void> {
    const seconds = this.orderOf(ORDER[ORDER.length - 1] as IField);
    if (this.hasRehearsed || this.isRehearsing || this.isDisposed || seconds === '0') {
      return;
    }
    this.hasRehearsed = this.isRehearsing = true;
    const { cells } = this;
    this.tell();
    try {
      const args: JSONObject = { notebook: this.subject.notebook, ...(cells ? { cells } : {}) };
      const found = (await this.ask('rehearse', args)) as unknown as ICertificate;
      if (cells === this.cells) {
        this.certificate = found;
      }
      this.rehearsalTrouble = '';
    } catch (error) {
      this.rehearsalTrouble = told(error);
    }
    this.isRehearsing = false;
    this.tell();
    if (cells !== this.cells) {
      void this.rehearse();
    }
  }

  private tell(): void {
    if (!this.isDisposed) {
      (this.changed as Signal<PromoteModel, void>).emit();
    }
  }

  private readonly values: Record<string, string> = {};
  private readonly order: Record<string, string> = {};
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isStale = false;
  private hasRehearsed = false;
  private _isDisposed = false;
}
