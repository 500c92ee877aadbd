/** Telling once that jobs have ended: what was known of them is kept in the browser, so it also holds over a reload. */
import { object, span } from './texts';
import { type IRecord } from './tokens';

const AT_WORK = new Set(['preparing', 'queued', 'running']);
const KEY = 'perception-workbench:jobs:';

/** The part of `Storage` that is needed; every tab of a browser shares it, so one of them tells. */
export interface IMemory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

interface IKnown {
  readonly atWork: readonly string[];
  /** When the newest job that was seen was made: a younger one may have come and gone between two looks. */
  readonly newest: string;
}

export class Notices {
  constructor(
    private readonly memory: IMemory,
    private readonly tell: (ended: readonly IRecord[]) => void
  ) {}

  /** Tell of the jobs that have ended since someone looked last. */
  look(root: string, runs: readonly IRecord[]): void {
    if (!root) {
      return;
    }
    const jobs = runs.filter(run => run.fields['kind'] === 'job');
    const before = this.read(root);
    const atWork = jobs.filter(run => AT_WORK.has(run.state)).map(run => run.id);
    const newest = jobs.reduce((last, run) => (madeAt(run) > last ? madeAt(run) : last), '');
    const known = JSON.stringify({ atWork, newest });
    if (known !== JSON.stringify(before)) {
      this.memory.setItem(KEY + root, known);
    }
    const ended = jobs.filter(
      run =>
        before &&
        !AT_WORK.has(run.state) &&
        (before.atWork.includes(run.id) || madeAt(run) > before.newest)
    );
    if (ended.length > 0) {
      this.tell(ended);
    }
  }

  /** What was known; null when nobody has looked yet. */
  private read(root: string): IKnown | null {
    try {
      return JSON.parse(this.memory.getItem(KEY + root) ?? 'null') as IKnown | null;
    } catch {
      return null;
    }
  }
}

export function sentence(run: IRecord): string {
  const { title, started, created, ended, error } = run.fields;
  const seconds = (Date.parse(String(ended)) - Date.parse(String(started ?? created))) / 1000;
  const took = Number.isFinite(seconds) && seconds >= 0 ? ` after ${span(seconds)}` : '';
  const why = object(error)['message'];
  const name = title ? `${run.id} (${String(title)})` : run.id;
  return `${name} ${run.state}${took}${why ? `: ${String(why)}` : '.'}`;
}

/** What to say of many at once: '12 jobs have ended: 9 done, 3 failed.' */
export function summary(runs: readonly IRecord[]): string {
  const states = [...new Set(runs.map(run => run.state))];
  const counts = states.map(state => `${runs.filter(r => r.state === state).length} ${state}`);
  return `${runs.length} jobs have ended: ${counts.join(', ')}.`;
}

function madeAt(run: IRecord): string {
  return String(run.fields['created'] ?? '');
}
