import assert from 'node:assert/strict';
import test from 'node:test';
import { parametersOf } from '../src/dialogs/parameters';

const one = (line: string) => parametersOf(line)[0];

test('an assignment becomes a field of its type', () => {
  assert.deepEqual(
    parametersOf("epochs = 8\nlr: float = 1e-3\nname = 'caps'\nshuffle = True\n").map(f => [
      f.name,
      f.type,
      f.value
    ]),
    [
      ['epochs', 'integer', 8],
      ['lr', 'number', 0.001],
      ['name', 'text', 'caps'],
      ['shuffle', 'boolean', true]
    ]
  );
});

test('a comment is the help of its field, a hash in a string is not a comment', () => {
  assert.equal(one('epochs = 8  # whole passes')?.help, 'whole passes');
  assert.equal(one('ref = "dataset:caps@2#9f3c"')?.value, 'dataset:caps@2#9f3c');
});

test('a list of texts can be edited, any other list is shown as it is', () => {
  assert.deepEqual(one("classes = ['ok', 'crack']")?.value, ['ok', 'crack']);
  assert.equal(one('sizes = [1, 2]')?.type, 'fixed');
  assert.equal(one("classes = ['a,b']")?.type, 'fixed');
});

test('what is not a plain literal is shown and left as it is', () => {
  assert.deepEqual(
    [one('data = ws.dataset("caps")')?.type, one('x = None')?.type],
    ['fixed', 'fixed']
  );
  assert.deepEqual(one("path = 'a\\\\b'")?.type, 'fixed');
});

test('what is not an assignment at the margin is no parameter', () => {
  assert.deepEqual(
    parametersOf('# lr = 1\nimport os\nif x:\n    y = 2\na == b\nprint("z = 1")'),
    []
  );
});
