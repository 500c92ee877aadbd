import assert from 'node:assert/strict';
import test from 'node:test';
import { percent } from '../src/grid/caption';
import { nearest, rangeOf, short, ticks } from '../src/curves/scale';

test('ticks are round numbers within the range', () => {
  assert.deepEqual(ticks({ low: 0, high: 1 }, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks({ low: 0.31, high: 0.39 }, 4), [0.32, 0.34, 0.36, 0.38]);
});

test('a range ignores what is no number, and one value has room around it', () => {
  const { low, high } = rangeOf([NaN, 2, Infinity]);
  assert.ok(low < 2 && high > 2);
  assert.deepEqual(rangeOf([]), { low: 0, high: 1 });
});

test('numbers are short', () => {
  assert.deepEqual([0.123456, 12.3456, 0.00001234, 0].map(short), [
    '0.123',
    '12.35',
    '1.2e-5',
    '0'
  ]);
});

test('the nearest step is found', () => {
  assert.equal(nearest([1, 5, 9], 6), 1);
  assert.equal(nearest([], 6), -1);
});

test('a score is never rounded up to certainty', () => {
  assert.deepEqual([0.5, 0.996, 1].map(percent), ['50%', '99%', '100%']);
});
