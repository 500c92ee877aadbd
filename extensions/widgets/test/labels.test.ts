import assert from 'node:assert/strict';
import test from 'node:test';
import { wrapped } from '../src/grid/caption';
import { marked } from '../src/grid/item/words';
import { type IRegion, readLabel } from '../src/grid/labels';
import { pixelOf, rasterize, thinned, toMap } from '../src/grid/map/raster';
import { runs, sampled } from '../src/grid/masks';
import { regionAt } from '../src/grid/overlay';

test('a label is read by its shape, and what is no JSON stands for itself', () => {
  const boxes = '[{"box":[1,2,3,4],"label":"crack"},{"box":[1,2,3,4],"label":"crack"}]';
  assert.equal(readLabel(boxes, 'regions').said, 'crack × 2');
  assert.equal(readLabel('["a","b"]', 'classes').said, 'a, b');
  assert.equal(readLabel('[sic]', 'text').said, '[sic]');
  assert.equal(readLabel('[cut off', 'regions').said, '[cut off');
  assert.equal(readLabel('[]', 'regions').said, 'none');
});

test('spans that overlap are cut where one begins or ends, by code points', () => {
  const spans = [
    { label: 'a', start: 0, end: 4 },
    { label: 'b', start: 2, end: 9 }
  ];
  const pieces = marked('😀bcdéfg', spans);
  assert.deepEqual(
    pieces.map(({ text, spans: within }) => [text, within.map(({ label }) => label).join('')]),
    [
      ['😀b', 'a'],
      ['cd', 'ab'],
      ['éfg', 'b']
    ]
  );
});

test('run lengths of COCO are unpacked, and sampled at the size that is shown', () => {
  // A mask of 4 rows and 6 columns with a square of 2 at row 1, column 2: runs down the columns.
  const counts = '92207';
  assert.deepEqual(runs(counts), [9, 2, 2, 2, 9]);
  const inside = sampled({ size: [4, 6], counts }, 6, 4);
  const rows = [0, 1, 2, 3].map(y => [...inside.slice(6 * y, 6 * y + 6)].join(''));
  assert.deepEqual(rows, ['000000', '001100', '001100', '000000']);
  const large = sampled({ size: [4, 6], counts }, 12, 8);
  assert.equal(
    large.reduce((sum, one) => sum + one, 0),
    16
  );
});

test('long runs, which are told as differences, come out as they went in', () => {
  // Written by pycocotools from 50 rows and 60 columns: two bars that cross, and one pixel in the last column.
  const counts =
    'i?X1:0000000000000000000000000000000000000?RO?0000000000000000000000000000000000000^=GkB';
  const lengths = runs(counts);
  assert.equal(
    lengths.reduce((sum, n) => sum + n, 0),
    3000
  );
  assert.deepEqual(lengths.slice(0, 4), [505, 40, 10, 40]);
  assert.deepEqual(lengths.slice(-3), [470, 1, 49]);
  const inside = lengths.filter((_, i) => i % 2 === 1).reduce((sum, n) => sum + n, 0);
  assert.equal(inside, 1001);
});

test('of two regions under the pointer, the smaller one is meant', () => {
  const large: IRegion = { label: 'a', box: [0, 0, 100, 100] };
  const small: IRegion = {
    label: 'b',
    polygon: [
      [10, 10],
      [30, 10],
      [10, 30]
    ]
  };
  assert.equal(regionAt([large, small], 12, 12, 5)?.label, 'b');
  assert.equal(regionAt([large, small], 29, 29, 5)?.label, 'a');
  assert.equal(regionAt([large, small], 101, 50, 5), null);
});

test('a turned box is hit where it is drawn, not where it would be', () => {
  const turned: IRegion = { label: 'a', box: [50, 50, 40, 10], rotation: 90 };
  assert.equal(regionAt([turned], 45, 80, 5)?.label, 'a');
  assert.equal(regionAt([turned], 80, 55, 5), null);
});

test('points are drawn where they lie, those that match over the others', () => {
  const pixels = new Uint32Array(100);
  const points = {
    xy: new Float32Array([0.5, 0.5, 0.5, 0.5, -1, -1]),
    codes: new Uint8Array([0, 1, 0]),
    shown: new Uint8Array([1, 0, 1])
  };
  const palette = new Uint32Array([7, 8]);
  rasterize(pixels, 10, 10, points, { x: 0.5, y: 0.5, scale: 10 }, palette, 9, 1);
  assert.equal(pixels[55], 7);
  assert.equal(pixels.filter(pixel => pixel !== 0).length, 1);
  assert.deepEqual(toMap(5, 0, 10, 10, { x: 0.5, y: 0.5, scale: 10 }), [0.5, 0]);
  assert.equal(pixelOf('#102030'), 0xff302010);
});

test('an outline loses the corners that nobody would see', () => {
  assert.deepEqual(
    thinned(
      [
        [0, 0],
        [0.001, 0],
        [0.5, 0],
        [0.5, 0.5]
      ],
      0.01
    ),
    [
      [0, 0],
      [0.5, 0],
      [0.5, 0.5]
    ]
  );
});

test('a text is broken at spaces, a long word anywhere, and its end is cut', () => {
  const ruler = { measureText: (text: string) => ({ width: text.length }) };
  assert.deepEqual(wrapped(ruler, 'one two three', 8, 3), ['one two', 'three']);
  assert.deepEqual(wrapped(ruler, 'incomprehensibilities', 8, 2), ['incompre', 'hensibi…']);
});
