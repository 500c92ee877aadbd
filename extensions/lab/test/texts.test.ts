import assert from 'node:assert/strict';
import test from 'node:test';
import { ago, figure, plain, progressOf, scores, short, summaryOf, toneOf } from '../src/texts';
import { type IRecord } from '../src/tokens';

const record = (kind: string, state: string, fields: IRecord['fields']): IRecord => ({
  kind,
  id: 'x',
  ref: `${kind}:x`,
  seq: 1,
  state,
  updated: '',
  fields,
  actions: []
});

test('a record is summed up in one line', () => {
  const dataset = record('dataset', 'ready', { n_items: 12480, classes: ['ok', 'crack', 'dent'] });
  assert.equal(summaryOf(dataset), '12,480 items · 3 classes');
  const service = record('service', 'running', { traffic: { 'model:a@2': 10, 'model:a@1': 90 } });
  assert.equal(summaryOf(service), 'a@1 90 %, a@2 10 %');
});

test('the score that matters comes before the loss', () => {
  assert.equal(scores({ step: 3, loss: 0.11, accuracy: 0.968 }, 1), 'accuracy 0.968');
});

test('a running service is at its goal, a running run is on its way', () => {
  assert.deepEqual(
    [toneOf(record('service', 'running', {})), toneOf(record('run', 'running', {}))],
    ['good', 'busy']
  );
});

test('progress is told by cells or by epochs', () => {
  const cells = progressOf({
    progress: { cell: 2, cells: 3, cells_state: ['done', 'running', 'pending'] }
  });
  assert.deepEqual([cells?.done, cells?.total, cells?.unit], [1, 3, 'cell']);
  const epochs = progressOf({ progress: { done: 2, total: 8 } });
  assert.deepEqual([epochs?.done, epochs?.total, epochs?.unit], [2, 8, 'epoch']);
  assert.equal(progressOf({}), null);
});

test('values are said in words, never in braces', () => {
  assert.equal(plain({ a: [1, 2], b: null }), 'a 1, 2, b –');
  assert.deepEqual([figure(0.00012), figure(3), figure(0.5)], ['1.20e-4', '3', '0.500']);
  assert.deepEqual(
    [short('/tmp/a/train.ipynb'), short('a'.repeat(64)), short('caps@1')],
    ['train.ipynb', 'a'.repeat(12), 'caps@1']
  );
});

test('times are told from now', () => {
  const now = Date.parse('2026-01-01T12:00:00Z');
  assert.deepEqual(
    ['2026-01-01T11:59:50Z', '2026-01-01T10:00:00Z', 'never'].map(t => ago(t, now)),
    ['just now', '2 h ago', '']
  );
});
