import assert from 'node:assert/strict';
import test from 'node:test';
import { moveOf, range, toggle } from '../src/grid/keys';

const press = (key: string, at = 5, n = 60): unknown =>
  moveOf({ key, ctrlKey: false, metaKey: false }, at, n, 10);

test('arrows move by a tile or a row, and turn the page at its edges', () => {
  assert.deepEqual(press('ArrowRight'), { focus: 6 });
  assert.deepEqual(press('ArrowDown'), { focus: 15 });
  assert.deepEqual(press('ArrowRight', 59), { page: 1, focus: 'first' });
  assert.deepEqual(press('ArrowUp', 3), { page: -1, focus: 'last' });
});

test('page keys and j, k turn the page', () => {
  for (const key of ['PageDown', 'j']) {
    assert.deepEqual(press(key), { page: 1, focus: 'same' });
  }
  for (const key of ['PageUp', 'k']) {
    assert.deepEqual(press(key), { page: -1, focus: 'same' });
  }
});

test('keys that mean nothing here are left to the page', () => {
  assert.equal(press('x'), null);
  assert.equal(moveOf({ key: 's', ctrlKey: true, metaKey: false }, 0, 60, 10), null);
});

test('a letter is a command, and so is Ctrl+A', () => {
  assert.deepEqual(press('Enter'), { command: 'open' });
  assert.deepEqual(press('t'), { command: 'tag' });
  assert.deepEqual(moveOf({ key: 'A', ctrlKey: true, metaKey: false }, 0, 60, 10), {
    command: 'all'
  });
});

test('a range is added in the order of the page, without doubles', () => {
  assert.deepEqual(range(['c'], ['a', 'b', 'c', 'd'], 3, 1), ['c', 'b', 'd']);
});

test('toggling twice changes nothing', () => {
  assert.deepEqual(toggle(toggle(['a'], 'b'), 'b'), ['a']);
});
