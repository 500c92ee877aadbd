/** What the views say: titles, one-line summaries of records, empty states; no markup, no state. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import { type IRecord, type Kind } from './tokens';

export interface IEmpty {
  readonly says: string;
  /** The line that changes it, to be copied into a notebook. */
  readonly code: string;
}

export const TITLES: Readonly<Record<Kind, string>> = {
  dataset: 'Datasets',
  labeling: 'Labeling',
  run: 'Runs',
  schedule: 'Schedules',
  model: 'Models',
  service: 'Services'
};

export const EMPTY: Readonly<Record<Kind, IEmpty>> = {
  dataset: {
    says: 'Bring in images, text or recordings.',
    code: 'photos = wb.ingest("caps", "photos/**/*.jpg")'
  },
  labeling: {
    says: 'Put items in front of annotators.',
    code: 'job = wb.label(photos, classes=["ok", "crack"])'
  },
  run: {
    says: 'Train here, or promote a notebook to a job.',
    code: 'run = wb.train(recipe, train, val)'
  },
  schedule: {
    says: 'Let a notebook run at its times.',
    code: 'wb.schedule("train.ipynb", "0 3 * * *", tz="Europe/Berlin")'
  },
  model: {
    says: 'A training that ends well registers its model.',
    code: 'model = run.result()'
  },
  service: {
    says: 'Put a model online; new versions start with a canary.',
    code: 'svc = wb.serve(model, "cap-check", canary=10)'
  }
};

export const MAKE_WORKSPACE = 'import workbench as wb\nws = wb.open("my-project")';
export const MEND_EXTENSION = 'jupyter server extension enable workbench.server';

/** The colour of a state's dot. */
export type Tone = 'good' | 'busy' | 'bad' | 'quiet' | 'wait';

const TONES: Readonly<Record<string, Tone>> = {
  ready: 'good',
  running: 'busy',
  open: 'busy',
  starting: 'busy',
  preparing: 'wait',
  queued: 'wait',
  active: 'good',
  paused: 'quiet',
  pending: 'quiet',
  done: 'good',
  failed: 'bad',
  lost: 'bad',
  cancelled: 'quiet',
  stopped: 'quiet'
};

export function toneOf(record: IRecord): Tone {
  if (record.kind === 'service' && record.state === 'running') {
    return 'good'; // a service that runs is at its goal, a run that runs is on its way
  }
  return toneOfState(record.state);
}

export function toneOfState(state: string): Tone {
  return TONES[state] ?? 'quiet';
}

/** What a job that has not begun waits for. */
export function waitingFor(record: IRecord): string {
  const told = record.fields['waits'];
  return record.state === 'queued' && told ? `waits for ${plain(told)}` : '';
}

/** The name of a record as its row shows it. */
export function titleOf(record: IRecord): string {
  const version = record.fields['version'];
  return record.kind === 'dataset' && version ? `${record.id}@${String(version)}` : record.id;
}

/** One line of facts under the title. */
export function summaryOf(record: IRecord): string {
  const parts = SUMMARIES[record.kind]?.(record.fields, record) ?? [];
  return parts.filter(Boolean).join(' · ');
}

const SUMMARIES: Readonly<Record<string, (f: JSONObject, record: IRecord) => string[]>> = {
  dataset: f => [
    count(f['n_items'], 'item'),
    Array.isArray(f['classes']) && f['classes'].length
      ? count(f['classes'].length, 'class', 'classes')
      : ''
  ],
  labeling: f => [
    `${number(f['n_labeled'] ?? 0)} of ${number(f['n_items'] ?? 0)} labeled`,
    text(f['problem'])
  ],
  run: (f, record) => [
    waitingFor(record) || record.state,
    text(object(f['verdict'])['verdict']),
    text(f['title']),
    scores(f['metrics'], 1),
    ago(text(f['created']) || record.updated)
  ],
  schedule: f => [
    [text(f['cron']), text(f['tz'])].filter(Boolean).join(' '),
    f['next'] ? `next ${soon(text(f['next']))}` : '',
    f['last'] ? `ran ${ago(text(f['last']))}` : '',
    f['is_behind'] ? 'notebook has changed' : ''
  ],
  model: f => [scores(f['metrics'], 2), text(f['runtime']), size(f['bytes'])],
  service: (f, record) => [record.state === 'running' ? '' : record.state, shares(f['traffic'])]
};

/** Metrics as 'accuracy 0.94'; those that read best come first. */
export function scores(value: JSONValue | undefined, most: number): string {
  const metrics = object(value);
  const rank = (name: string) =>
    /acc|f1|map|recall|iou/.test(name) ? 0 : /loss/.test(name) ? 1 : 2;
  const names = Object.keys(metrics).sort((a, b) => rank(a) - rank(b));
  return names
    .filter(name => typeof metrics[name] === 'number' && name !== 'epoch' && name !== 'step')
    .slice(0, most)
    .map(name => `${name} ${figure(metrics[name] as number)}`)
    .join(', ');
}

/** The share of each model, in percent, the largest first. */
export function traffic(value: JSONValue | undefined): [string, number][] {
  const shares = Object.entries(object(value)).map(([ref, share]): [string, number] => [
    ref,
    Number(share)
  ]);
  return shares.sort((a, b) => b[1] - a[1]);
}

function shares(value: JSONValue | undefined): string {
  return traffic(value)
    .map(([ref, share]) => `${bare(ref)} ${figure(share)} %`)
    .join(', ');
}

/** A sentence as it begins. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A reference without its kind. */
export function bare(ref: string): string {
  return ref.replace(/^[a-z]+:/, '');
}

/** A number with as many digits as one reads. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) {
    return String(value);
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) {
    return value.toExponential(2);
  }
  return Number.isInteger(value) ? String(value) : value.toFixed(size < 10 ? 3 : 1);
}

export function ago(time: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (Number.isNaN(seconds)) {
    return '';
  }
  return seconds < 45 ? 'just now' : `${span(seconds)} ago`;
}

/** A time that is still to come. */
export function soon(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (Number.isNaN(seconds)) {
    return '';
  }
  return seconds < 45 ? 'now' : `in ${span(seconds)}`;
}

/** A span of time in its largest unit. */
export function span(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min']
  ];
  for (const [length, name] of units) {
    if (seconds >= length) {
      return `${Math.round(seconds / length)} ${name}`;
    }
  }
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

export function object(value: JSONValue | undefined): JSONObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as JSONObject)
    : {};
}

/** A value of a table: text as it is, lists with commas, never braces and quotes. */
export function plain(value: JSONValue | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  if (Array.isArray(value)) {
    return value.map(plain).join(', ');
  }
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([key, item]) => `${key} ${plain(item as JSONValue)}`)
      .join(', ');
  }
  return typeof value === 'number' ? figure(value) : String(value);
}

/** How far a run is: cells of a notebook with their states, or epochs. */
export interface IProgress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly states: readonly string[];
}

export function progressOf(fields: JSONObject): IProgress | null {
  const told = object(fields['progress']);
  const states = Array.isArray(told['cells_state']) ? told['cells_state'].map(String) : [];
  const total = Number(told['cells'] ?? told['total'] ?? 0);
  const done = states.length
    ? states.filter(state => state === 'done').length
    : Number(told['done'] ?? 0);
  return total > 0 ? { done, total, unit: 'cells' in told ? 'cell' : 'epoch', states } : null;
}

/** A path by its last name, a digest by its first letters; the rest is in the tooltip. */
export function short(said: string): string {
  if (/^[0-9a-f]{40,}$/.test(said)) {
    return said.slice(0, 12);
  }
  return /^(\/|[A-Za-z]:\\)/.test(said) ? (said.split(/[\\/]/).pop() ?? said) : said;
}

function text(value: JSONValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: JSONValue | undefined): string {
  return Number(value).toLocaleString('en');
}

function count(value: JSONValue | undefined, one: string, many = `${one}s`): string {
  return typeof value === 'number' ? `${number(value)} ${value === 1 ? one : many}` : '';
}

export function size(value: JSONValue | undefined): string {
  if (typeof value !== 'number') {
    return '';
  }
  return value < 1e5 ? `${Math.ceil(value / 1e3)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
