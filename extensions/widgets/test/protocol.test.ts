import assert from 'node:assert/strict';
import test from 'node:test';
import { merge } from '../src/curves/protocol';
import { differs, filtered, type IQuery, readPage } from '../src/grid/protocol';

const message = {
  kind: 'page',
  seq: 1,
  page: 0,
  pages: 1,
  total: 3,
  items: [
    ['a', 'a.png', 'ok', 'crack', 0.5, null, 64, 48, ['blurry']],
    ['b', null, null, 'ok', 0.9, null, null, null, []],
    ['c', 'c.png', 'ok', null, null, 'words', null, null, []]
  ],
  ends: [2, 2, 5]
};

test('one buffer is cut into thumbnails; an absent one is empty', () => {
  const bytes = new Uint8Array([9, 1, 2, 3, 4, 5]);
  const page = readPage(message, [new DataView(bytes.buffer, 1)]);
  assert.deepEqual(
    page?.thumbs.map(thumb => [...thumb]),
    [[1, 2], [], [3, 4, 5]]
  );
});

test('a prediction differs only from a label that is there', () => {
  const page = readPage(message, []);
  assert.deepEqual(page?.items.map(differs), [true, false, false]);
});

test('an item without a name is called by its id', () => {
  assert.deepEqual(
    readPage(message, [])?.items.map(item => item.name),
    ['a.png', 'b', 'c.png']
  );
});

test('a filter without values is no filter, and other columns keep theirs', () => {
  const query = { filters: { label: ['ok'], group: [null] } } as unknown as IQuery;
  assert.deepEqual(filtered(query, 'label', []), { filters: { group: [null] } });
  assert.deepEqual(filtered(query, 'tags', ['x']).filters, {
    label: ['ok'],
    group: [null],
    tags: ['x']
  });
});

test('another message is no page', () => {
  assert.equal(readPage({ kind: 'problem' }, []), null);
  assert.equal(readPage(null, []), null);
});

test('points are put where they belong, and a gap is noticed', () => {
  const first = [{ step: 1 }, { step: 2 }];
  assert.deepEqual(merge(first, { kind: 'points', start: 2, points: [{ step: 3 }] })?.length, 3);
  assert.deepEqual(merge(first, { kind: 'points', start: 0, points: [{ step: 1 }] }), [
    { step: 1 }
  ]);
  assert.equal(merge(first, { kind: 'points', start: 3, points: [] }), null);
});
