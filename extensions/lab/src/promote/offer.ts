/** What a promotion would be, as the server tells it before: cells, parameters, problems, cost, proof; no markup. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import { type IField } from '../dialogs/input';
import { capital, figure, object, span } from '../texts';

export interface IProblem {
  readonly message: string;
  readonly hint?: string;
  readonly field?: string;
  readonly cell?: number | null;
  readonly line?: number | null;
}

export interface IChosen {
  readonly cell: number;
  readonly taken: boolean;
  readonly why: string;
}

export interface ICertificate {
  readonly bundle: string;
  readonly notebook?: { readonly outputs?: string };
  readonly verdict: string;
  readonly says: string;
  readonly problem?: (IProblem & { readonly code?: string }) | null;
  readonly cells?: readonly { cell: number; state: string; why?: string; diff?: string }[];
}

export interface IEstimate {
  readonly seconds: number;
  readonly low: number;
  readonly high: number;
  readonly cost: JSONValue;
  readonly basis: string;
}

export interface ITarget {
  readonly at: string;
  readonly label: string;
  readonly cpus?: number;
  readonly memory_gb?: number;
  readonly gpus?: number;
}

export interface IOffer {
  readonly ok: boolean;
  readonly problems: readonly IProblem[];
  readonly warnings: readonly IProblem[];
  readonly cells: readonly IChosen[];
  readonly parameters: readonly { name: string; type: string; default: JSONValue }[] | null;
  readonly files: readonly { name: string; bytes: number }[];
  readonly pins: JSONObject;
  readonly secrets: readonly { name: string; is_set: boolean }[];
  readonly bundle: string;
  readonly certificate: ICertificate | null;
  readonly estimate: IEstimate | null;
  readonly targets: readonly ITarget[];
  readonly versions: { newest_run?: string; newest_bundle?: string; is_behind?: boolean };
}

/** Verdicts of a rehearsal with which a promotion goes on; the others need a reason. */
const GOES_ON = new Set(['equal', 'partial', 'unproven']);

export function isRefused(certificate: ICertificate | null): boolean {
  return certificate !== null && !GOES_ON.has(certificate.verdict);
}

/** An answer of `preflight` with everything that may be missing in it. */
export function offerOf(told: JSONValue): IOffer {
  const list = <T>(value: JSONValue | undefined) =>
    (Array.isArray(value) ? value : []) as unknown as T[];
  const said = object(told);
  return {
    ok: said['ok'] !== false,
    problems: list(said['problems']),
    warnings: list(said['warnings']),
    cells: list(said['cells']),
    parameters: said['parameters'] ? list(said['parameters']) : null,
    files: list(said['files']),
    pins: object(said['pins']),
    secrets: list(said['secrets']),
    bundle: String(said['bundle'] ?? ''),
    certificate: (said['certificate'] ?? null) as unknown as ICertificate | null,
    estimate: (said['estimate'] ?? null) as unknown as IEstimate | null,
    targets: list(said['targets']),
    versions: object(said['versions'])
  };
}

const TYPES: Readonly<Record<string, IField['type']>> = {
  int: 'integer',
  float: 'number',
  bool: 'boolean',
  str: 'text',
  list: 'list',
  dict: 'json'
};

/** The fields of the parameters: as the server types them, with the comments that the notebook has beside them. */
export function fieldsOf(offer: IOffer | null, found: readonly IField[]): IField[] {
  if (!offer?.parameters) {
    return [...found];
  }
  const fields = offer.parameters.map((parameter): IField => {
    const { name } = parameter;
    const value = parameter.default;
    const type = typeOf(parameter.type, value);
    return { name, label: name, type, value, help: found.find(f => f.name === name)?.help };
  });
  const known = new Set(fields.map(field => field.name));
  return [...fields, ...found.filter(f => f.type === 'fixed' && !known.has(f.name))];
}

function typeOf(type: string, value: JSONValue): IField['type'] {
  const isTexts = Array.isArray(value) && value.every(item => typeof item === 'string');
  if (type === 'list' && !isTexts) {
    return 'json';
  }
  return TYPES[type] ?? (typeof value === 'string' ? 'text' : 'json');
}

/** What is wrong with a field; the server names a parameter plainly or as `parameters.name`. */
export function problemOf(offer: IOffer | null, field: string): string {
  const found = offer?.problems.filter(each => each.field === field) ?? [];
  return found.map(said).join(' ');
}

/** Where the page of a certificate is: by its bundle and the outputs that it was compared with. */
export function pageOf({ bundle, notebook }: ICertificate): string {
  const outputs = notebook?.outputs ? `-${notebook.outputs.slice(0, 16)}` : '';
  return bundle ? `certificates/${bundle}${outputs}.html` : '';
}

/** The problems that stand at none of these fields. */
export function unplaced(offer: IOffer | null, fields: readonly string[]): IProblem[] {
  return (offer?.problems ?? []).filter(each => !fields.includes(each.field ?? ''));
}

export function said(problem: IProblem): string {
  return `${problem.message} ${problem.hint ?? ''}`.trim();
}

/** Where a problem stands: 'Cell 3, line 2'. */
export function placeOf(problem: IProblem): string {
  const { cell, line } = problem;
  return cell ? `Cell ${cell}${line ? `, line ${line}` : ''}` : '';
}

/** One sentence on what runs. */
export function whatRuns(offer: IOffer | null, cells: string, count: number): string {
  if (!cells) {
    return `All ${count} code cells run as a job of their own; it outlives this window.`;
  }
  const taken = offer?.cells.filter(each => each.taken).length;
  const what = /^[\d,-]+$/.test(cells) ? `cells ${cells}` : `the cells tagged '${cells}'`;
  return taken === undefined
    ? `${capital(what)} run, and all that they need.`
    : `${taken} of ${count} code cells run: ${what}, and all that they need.`;
}

/** '3 min (2 min to 5 min), 0.05 CPU hours' */
export function estimateText(estimate: IEstimate): string {
  const range = `${span(estimate.low)} to ${span(estimate.high)}`;
  return [`About ${span(estimate.seconds)} (${range})`, costText(estimate.cost)]
    .filter(Boolean)
    .join(', ');
}

/** A place with what it has: 'This machine (2 cores, 8 GB)'. */
export function targetText({ at, label, cpus, memory_gb, gpus }: ITarget): string {
  const has = [
    cpus ? `${figure(cpus)} ${cpus === 1 ? 'core' : 'cores'}` : '',
    memory_gb ? `${Math.round(memory_gb)} GB` : '',
    gpus ? `${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}` : ''
  ].filter(Boolean);
  return has.length ? `${label || at} (${has.join(', ')})` : label || at;
}

export function costText(cost: JSONValue | undefined): string {
  if (typeof cost === 'number') {
    return cost > 0 ? `cost ${figure(cost)}` : '';
  }
  const used = object(cost);
  const hours = (name: string, unit: string) => {
    const seconds = Number(used[name] ?? 0);
    return seconds > 0
      ? seconds < 360
        ? `${figure(seconds)} ${unit} seconds`
        : `${figure(seconds / 3600)} ${unit} hours`
      : '';
  };
  const price = typeof used['price'] === 'number' && used['price'] > 0 ? used['price'] : null;
  return [
    hours('cpu_s', 'CPU'),
    hours('gpu_s', 'GPU'),
    price === null ? '' : `cost ${figure(price)}`
  ]
    .filter(Boolean)
    .join(', ');
}

/** The numbers of cells as one writes them: 3, 4, 5, 8 is '3-5,8'. */
export function ranges(numbers: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const n of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = parts[parts.length - 1];
    if (last && last[1] === n - 1) {
      last[1] = n;
    } else {
      parts.push([n, n]);
    }
  }
  return parts.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}
