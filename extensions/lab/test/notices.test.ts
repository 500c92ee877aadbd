import assert from 'node:assert/strict';
import test from 'node:test';
import { Notices, sentence, summary } from '../src/notices';
import { matches } from '../src/sidebar/filter';
import { type IRecord } from '../src/tokens';

function run(id: string, state: string, fields = {}): IRecord {
  const at = { seq: 1, updated: '', actions: [], kind: 'run', ref: `run:${id}` };
  return { ...at, id, state, fields: { kind: 'job', ...fields } };
}

function notices() {
  const kept = new Map<string, string>();
  const memory = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value)
  };
  const told: string[] = [];
  const make = () =>
    new Notices(memory, ended => told.push(...ended.map(run => `${run.id} ${run.state}`)));
  return { make, told };
}

test('a job that ended is told once, also when the page was closed meanwhile', () => {
  const { make, told } = notices();
  make().look('/ws', [run('job-1', 'running'), run('job-2', 'queued')]);
  const again = make();
  again.look('/ws', [run('job-1', 'failed'), run('job-2', 'running')]);
  again.look('/ws', [run('job-1', 'failed'), run('job-2', 'done')]);
  make().look('/ws', [run('job-1', 'failed'), run('job-2', 'done')]);
  assert.deepEqual(told, ['job-1 failed', 'job-2 done']);
});

test('what ended before anyone looked, and trainings inside a job, are not told', () => {
  const { make, told } = notices();
  const seen = make();
  seen.look('/ws', [run('job-1', 'done'), run('train-1', 'running', { kind: 'train' })]);
  seen.look('/ws', [run('job-1', 'done'), run('train-1', 'done', { kind: 'train' })]);
  assert.deepEqual(told, []);
});

test('a job that came and went between two looks is told as well', () => {
  const { make, told } = notices();
  const old = run('job-1', 'done', { created: '2026-01-01T10:00:00' });
  make().look('/ws', []);
  make().look('/ws', [old]);
  make().look('/ws', [old, run('job-2', 'lost', { created: '2026-01-01T10:00:01' })]);
  assert.deepEqual(told, ['job-1 done', 'job-2 lost']);
});

test('many jobs that ended are one sentence', () => {
  const runs = [run('job-1', 'done'), run('job-2', 'failed'), run('job-3', 'done')];
  assert.equal(summary(runs), '3 jobs have ended: 2 done, 1 failed.');
});

test('the sentence says what, how long and why', () => {
  const fields = {
    title: 'train.ipynb',
    created: '2026-01-01T00:00:00Z',
    ended: '2026-01-01T00:00:42Z',
    error: { message: 'ZeroDivisionError in cell 2.' }
  };
  assert.equal(
    sentence(run('job-1', 'failed', fields)),
    'job-1 (train.ipynb) failed after 42 s: ZeroDivisionError in cell 2.'
  );
});

test('a filter wants every word, wherever it stands', () => {
  const record = run('job-7', 'failed', { title: 'sweep.ipynb', idea: 'smaller' });
  assert.ok(matches(record, 'failed sweep'));
  assert.ok(matches(record, 'SMALL'));
  assert.ok(!matches(record, 'failed train'));
});
