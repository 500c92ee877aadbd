// The annotator without a browser: keys, answers that wait, geometry, places in texts, masks.

import assert from 'node:assert/strict';
import test from 'node:test';
import { classAt, commandOf, type IKey, keyOf } from '../src/annotate/keys';
import { Outbox } from '../src/annotate/outbox';
import { type IAnswer, labelOf } from '../src/annotate/protocol';
import { candidatesOf } from '../src/annotate/rank';
import { boxOf, nudged, regionOfBox } from '../src/annotate/shapes/geometry';
import { runsOf } from '../src/annotate/shapes/masks';
import { toPoints, toUnits, trimmed, wordsOf } from '../src/annotate/spans/offsets';

function key(key: string, more: Partial<IKey> = {}): IKey {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more };
}

function answer(name: string): IAnswer {
  return {
    key: name,
    item: name,
    label: 'ok',
    annotator: 'ann',
    at: 1,
    seconds: 1,
    state: 'given'
  };
}

class Shelf extends Map<string, string> {
  get length(): number {
    return this.size;
  }
  key(index: number): string | null {
    return [...this.keys()][index] ?? null;
  }
  getItem(name: string): string | null {
    return this.get(name) ?? null;
  }
  setItem(name: string, value: string): void {
    this.set(name, value);
  }
  removeItem(name: string): void {
    this.delete(name);
  }
}

test('every class key means one class and no command', () => {
  const caps = Array.from({ length: 40 }, (_, i) => keyOf(i)).filter(cap => cap !== '');
  assert.equal(new Set(caps).size, caps.length);
  assert.ok(caps.length >= 30);
  assert.deepEqual(
    caps.filter(cap => commandOf(key(cap)) !== null),
    []
  );
  assert.equal(classAt(key('0'), 12), 9);
  assert.equal(classAt(key('3'), 2), -1);
  assert.equal(classAt(key('1', { ctrlKey: true }), 2), -1);
});

test('answers wait until they are settled, also those of a window that is gone', () => {
  const shelf = new Shelf();
  const gone = new Outbox(shelf, 'caps', 'left');
  gone.add(answer('a'));
  gone.add(answer('b'));
  gone.settle(['a']);
  new Outbox(shelf, 'lids', 'other').add(answer('z'));
  shelf.setItem('wb-annotate:caps:broken', '{"not": "a list"');
  const next = new Outbox(shelf, 'caps', 'right');
  next.adopt();
  assert.deepEqual(
    next.waiting.map(each => each.key),
    ['b']
  );
  assert.deepEqual([...shelf.keys()].sort(), ['wb-annotate:caps:right', 'wb-annotate:lids:other']);
  next.settle(['b']);
  assert.deepEqual([...shelf.keys()], ['wb-annotate:lids:other']);
});

test('a storage that is full keeps nobody from going on', () => {
  const shelf = new Shelf();
  shelf.setItem = () => {
    throw new Error('QuotaExceededError');
  };
  const outbox = new Outbox(shelf, 'caps', 'left');
  outbox.add(answer('a'));
  assert.equal(outbox.waiting.length, 1);
});

test('a turned box goes to the library and comes back', () => {
  const region = { label: 'cap', box: [100, 50, 40, 20], rotation: 30 };
  const box = boxOf(region, 2);
  assert.ok(Math.abs((box.rot ?? 0) - Math.PI / 6) < 1e-9);
  assert.deepEqual(regionOfBox(box, 2), { box: [100, 50, 40, 20], rotation: 30 });
  assert.deepEqual(regionOfBox({ x: 1, y: 2, w: 3, h: 4 }, 2), { box: [2, 4, 6, 8] });
});

test('arrows move a region, and with shift its far corner', () => {
  const box = { label: 'cap', box: [1, 2, 3, 4] };
  assert.deepEqual(nudged(box, 5, 0, false), { box: [6, 2, 3, 4] });
  assert.deepEqual(nudged(box, -5, 1, true), { box: [1, 2, 1, 5] });
  const corners = [
    [0, 0],
    [10, 0],
    [10, 10]
  ];
  const grown = nudged({ label: 'cap', polygon: corners }, 10, 0, true);
  assert.deepEqual(grown['polygon'], [
    [0, 0],
    [20, 0],
    [20, 10]
  ]);
});

test('places in a text are characters for labels and units for the browser', () => {
  const text = 'a😀b她';
  assert.equal(toPoints(text, 3), 2);
  assert.equal(toPoints(text, 2), 1); // within the face
  assert.equal(toUnits(text, 2), 3);
  assert.equal(toUnits(text, 9), text.length);
  assert.deepEqual(trimmed('  a b ', { start: 0, end: 6 }), { start: 2, end: 5 });
  assert.equal(trimmed('   ', { start: 0, end: 3 }), null);
  assert.deepEqual(
    wordsOf('Ada, 1843').map(({ start, end }) => [start, end]),
    [
      [0, 3],
      [5, 9]
    ]
  );
});

test('the runs of a mask are read as COCO writes them', () => {
  assert.deepEqual(runsOf('044'), [0, 4, 4]);
  assert.deepEqual(runsOf('22'), [2, 2]);
});

test('a prediction that is no label of the tool is no suggestion', () => {
  assert.equal(labelOf('crack', 'choose', false), 'crack');
  assert.deepEqual(labelOf('["a"]', 'choose', true), ['a']);
  assert.equal(labelOf('crack', 'boxes', false), null);
  assert.equal(labelOf(null, 'write', false), null);
});

test('candidates are texts, or texts with an id', () => {
  assert.deepEqual(candidatesOf({ shown: { prompt: 'x', candidates: ['a'] } }), [
    { id: 'a', text: 'a' }
  ]);
  assert.deepEqual(candidatesOf({ shown: { candidates: [{ id: '1', title: '', body: 'b' }] } }), [
    { id: '1', text: 'b' }
  ]);
});
