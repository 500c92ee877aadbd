import assert from 'node:assert/strict';
import test from 'node:test';
import { curvesOf, placed } from '../src/run/curves';

test('each metric is a curve of the steps that have it, losses first', () => {
  const curves = curvesOf([
    { step: 1, at: 'now', accuracy: 0.5, loss: 2 },
    { step: 2, accuracy: null, loss: 1 }
  ]);
  assert.deepEqual(
    curves.map(c => [c.name, c.points.length, c.least, c.most, c.last]),
    [
      ['loss', 2, 1, 2, 1],
      ['accuracy', 1, 0.5, 0.5, 0.5]
    ]
  );
});

test('a curve fills its box; a single point and a flat line stand in the middle', () => {
  const [rising] = curvesOf([
    { step: 0, f1: 0 },
    { step: 4, f1: 1 }
  ]);
  const [flat] = curvesOf([{ step: 3, f1: 1 }]);
  assert.deepEqual(rising && placed(rising, 100, 10), [
    { x: 0, y: 10 },
    { x: 100, y: 0 }
  ]);
  assert.deepEqual(flat && placed(flat, 100, 10), [{ x: 50, y: 5 }]);
});
