// The annotator without a browser: keys, answers that wait, geometry, places in texts, masks.

import assert from 'node:assert/strict';
import test from 'node:test';
import { classAt, commandOf, type IKey, keyOf } from '../src/annotate/keys';
import { Outbox } from '../src/annotate/outbox';
import { type IAnswer, labelOf } from '../src/annotate/protocol';
import { candidatesOf } from '../src/annotate/rank';
import { boxOf, nudged, regionOfBox } from '../src/annotate/shapes/geometry';
import shared from '../../../tests/fixtures/masks.json';
import { blank, decoded, encoded, joined, nPixels, without } from '../src/annotate/brush/mask';
import { enclosed, type Span, swept } from '../src/annotate/brush/strokes';
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
  const box = boxOf(region);
  assert.ok(Math.abs((box.rot ?? 0) - Math.PI / 6) < 1e-9);
  assert.deepEqual(regionOfBox(box), { box: [100, 50, 40, 20], rotation: 30 });
  assert.deepEqual(regionOfBox({ x: 1, y: 2, w: 3, h: 4 }), { box: [1, 2, 3, 4] });
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

test('masks are read and written as COCO does, and as Python does', () => {
  for (const { rows, counts } of shared) {
    const size: [number, number] = [rows.length, rows[0]?.length ?? 0];
    const mask = blank(size[1], size[0]);
    rows.forEach((row, y) =>
      [...row].forEach((sign, x) => {
        if (sign === '#') {
          mask.columns[x] = joined(mask.columns[x] ?? [], y, y + 1);
        }
      })
    );
    assert.deepEqual(encoded(mask), { size, counts });
    assert.deepEqual(decoded({ size, counts }), mask);
    assert.equal(nPixels(mask), rows.join('').replaceAll('.', '').length);
  }
});

test('runs that do not fill their size are no mask', () => {
  for (const counts of ['045', '043', '0', 'P`0', '']) {
    assert.equal(decoded({ size: [2, 4], counts }), null);
  }
});

test('what is painted joins what it touches, and what is erased leaves the rest', () => {
  assert.deepEqual(joined([2, 4, 8, 9], 4, 6), [2, 6, 8, 9]);
  assert.deepEqual(joined([2, 4, 8, 9], 5, 7), [2, 4, 5, 7, 8, 9]);
  assert.deepEqual(joined([2, 4, 8, 9], 0, 20), [0, 20]);
  assert.deepEqual(without([2, 8], 4, 5), [2, 4, 5, 8]);
  assert.deepEqual(without([2, 4, 8, 9], 3, 12), [2, 3]);
  const column = [2, 4];
  assert.equal(without(column, 4, 9), column);
});

test('a stroke covers the pixels whose middle is no further from its way than the radius', () => {
  const strokes: [[number, number], [number, number], number][] = [
    [[10, 8], [10, 8], 3],
    [[2.5, 3.5], [21, 14.2], 2.6],
    [[18, 1], [17, 15], 4],
    [[25, 9], [3, 9], 1.5],
    [[6, 2], [6, 13], 5]
  ];
  for (const [p, q, r] of strokes) {
    const wanted = pixels((x, y) => distance([x, y], p, q) <= r);
    assert.deepEqual(listed(swept(p, q, r, 24, 16)), wanted);
  }
  assert.deepEqual(swept([3.9, 5.1], [3.9, 5.1], 0.1, 24, 16), [[3, 5, 6]]);
});

test('an outline is filled, also one with a notch', () => {
  const notched: [number, number][] = [
    [2, 2],
    [12, 2],
    [12, 12],
    [7, 6],
    [2, 12]
  ];
  const found = listed(enclosed(notched, 24, 16));
  assert.equal(found.has('2,2') && found.has('11,2') && !found.has('12,2'), true);
  assert.equal(found.has('6,9'), false);
  assert.equal(found.has('3,9'), true);
});

function listed(spans: Span[]): Set<string> {
  const found = new Set<string>();
  for (const [x, from, to] of spans) {
    for (let y = from; y < to; y += 1) {
      found.add(`${x},${y}`);
    }
  }
  return found;
}

function pixels(has: (x: number, y: number) => boolean): Set<string> {
  const found = new Set<string>();
  for (let x = 0; x < 24; x += 1) {
    for (let y = 0; y < 16; y += 1) {
      if (has(x + 0.5, y + 0.5)) {
        found.add(`${x},${y}`);
      }
    }
  }
  return found;
}

function distance([x, y]: number[], p: [number, number], q: [number, number]): number {
  const [dx, dy] = [q[0] - p[0], q[1] - p[1]];
  const along = ((x as number) - p[0]) * dx + ((y as number) - p[1]) * dy;
  const t = Math.min(1, Math.max(0, along / (dx * dx + dy * dy || 1)));
  return Math.hypot((x as number) - p[0] - t * dx, (y as number) - p[1] - t * dy);
}

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
