import assert from 'node:assert/strict';
import test from 'node:test';
import { fit, indexAt, layout, TILE_HEIGHT, tileAt } from '../src/grid/layout';

test('tiles fill the width, and every tile is found under its own middle', () => {
  for (const width of [108, 300, 777, 1440]) {
    const grid = layout(width, 60);
    for (let i = 0; i < 60; i++) {
      const box = tileAt(grid, i);
      assert.ok(box.x + box.width <= Math.max(width, box.width));
      assert.equal(indexAt(grid, box.x + box.width / 2, box.y + TILE_HEIGHT / 2, 60), i);
    }
  }
});

test('between tiles, past the last one and outside there is nothing', () => {
  const grid = layout(500, 3);
  assert.equal(indexAt(grid, grid.tileWidth + 2, 10, 3), -1);
  assert.equal(indexAt(grid, 10, TILE_HEIGHT + 20, 3), -1);
  assert.equal(indexAt(grid, -5, 10, 3), -1);
});

test('small pictures grow by whole factors, large ones shrink to fit', () => {
  assert.deepEqual(fit(8, 8, 96), { width: 96, height: 96, smooth: false });
  assert.deepEqual(fit(30, 20, 96), { width: 90, height: 60, smooth: false });
  assert.deepEqual(fit(192, 96, 96), { width: 96, height: 48, smooth: true });
});
