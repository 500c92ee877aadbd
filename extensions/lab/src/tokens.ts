/** What the parts of the extension know of each other: interfaces and tokens, no code that does anything. */
import { type JSONObject, type JSONValue, Token } from '@lumino/coreutils';
import { type IDisposable } from '@lumino/disposable';
import { type ISignal } from '@lumino/signaling';

/** The kinds of things that the sidebar lists, in its order. */
export const KINDS = ['dataset', 'labeling', 'run', 'schedule', 'model', 'service'] as const;
export type Kind = (typeof KINDS)[number];

/** One thing that can be done with a record; the server says what, the extension only shows it. */
export interface IAction {
  readonly verb: string;
  readonly label: string;
  readonly arguments: JSONObject;
  /** Arguments that a person fills in first. */
  readonly ask?: readonly string[];
  /** The question to answer before it is done. */
  readonly confirm?: string;
}

/** One fact of the workspace; `seq` grows with every change. */
export interface IRecord {
  readonly kind: string;
  readonly id: string;
  readonly ref: string;
  readonly seq: number;
  readonly state: string;
  readonly updated: string;
  readonly fields: JSONObject;
  readonly actions: readonly IAction[];
}

export interface IState {
  /** The records are those that changed after this; 0 means all there are. */
  readonly since: number;
  readonly seq: number;
  readonly workspace: { readonly name: string; readonly root: string } | null;
  readonly hint?: string;
  readonly records: readonly IRecord[];
}

/** One step of a learning curve. */
export type Step = Readonly<Record<string, number | string | null>>;

/** A run as its panel shows it. */
export interface IRunDetails extends IRecord {
  readonly curve: readonly Step[];
  /** The executed notebook, as a path of Jupyter's contents. */
  readonly notebook: string | null;
  readonly log_size: number;
}

export interface IParameter {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default: JSONValue;
  readonly choices: readonly JSONValue[];
}

export interface IVerb {
  readonly name: string;
  readonly parameters: readonly IParameter[];
}

/** What a run's panel asks for when it is looked at. */
export type Facts = 'cells' | 'files' | 'environment' | 'versions' | 'certificate' | 'verdict';

/** A piece of a log: its text, or the state in which the run ended. */
export type LogEvent =
  | { readonly text: string; readonly offset: number }
  | { readonly ended: string; readonly offset: number };

/** The server, as far as the extension is concerned. */
export interface IApi {
  state(since: number): Promise<IState>;
  verbs(): Promise<readonly IVerb[]>;
  call(verb: string, args: JSONObject): Promise<JSONValue>;
  run(id: string): Promise<IRunDetails>;
  facts(id: string, what: Facts): Promise<JSONObject>;
  log(id: string, offset: number, signal: AbortSignal): AsyncIterable<LogEvent>;
  /** Whether Label Studio runs, after starting it when *start*. */
  labels(start: boolean): Promise<{ readonly running: boolean }>;
  /** The address of a page or a file, to be opened by the browser. */
  url(path: string): string;
}

/** How things stand between the extension and the server. */
export type Connection =
  | { readonly status: 'starting' | 'ready' | 'no-workspace' | 'no-extension' }
  | { readonly status: 'offline' | 'error'; readonly message: string; readonly hint: string };

/** The state of the workspace, and everything that can be done to it. */
export interface IWorkbenchModel extends IDisposable {
  /** Emitted after any change of what is below. */
  readonly changed: ISignal<IWorkbenchModel, void>;
  readonly connection: Connection;
  readonly workspace: IState['workspace'];
  /** Records of a kind, the newest first. */
  list(kind: string): readonly IRecord[];
  find(ref: string): IRecord | undefined;
  /** Whether a verb with these arguments is at work. */
  isBusy(verb: string, args: JSONObject): boolean;
  verbs(): Promise<readonly IVerb[]>;
  call(verb: string, args: JSONObject): Promise<JSONValue>;
  /** Call a verb that changes nothing: nobody has to look anew. */
  ask(verb: string, args: JSONObject): Promise<JSONValue>;
  run(id: string): Promise<IRunDetails>;
  facts(id: string, what: Facts): Promise<JSONObject>;
  log(id: string, offset: number, signal: AbortSignal): AsyncIterable<LogEvent>;
  labels(start: boolean): Promise<{ readonly running: boolean }>;
  url(path: string): string;
  refresh(): Promise<void>;
}

export const IWorkbenchModel = new Token<IWorkbenchModel>(
  'perception-workbench:IWorkbenchModel',
  'The state of the workspace that the server shows, and its verbs.'
);
