import assert from 'node:assert/strict';
import test from 'node:test';
import { LogText } from '../src/run/text';

const after = (...parts: string[]) => {
  const text = new LogText();
  parts.forEach(part => text.append(part));
  return text;
};

test('a line that comes in parts is one line', () => {
  assert.deepEqual(after('one\ntw', 'o\nthree').lines, ['one', 'two', 'three']);
});

test('a progress bar is shown as a terminal shows it', () => {
  assert.deepEqual(after('10%\r', '50%\r', '100%\nnext\n').lines, ['100%', 'next']);
});

test('colours are left out', () => {
  assert.deepEqual(after('\u001b[31mred\u001b[0m\n').lines, ['red']);
});

test('of a long log the newest lines are kept, and the number of the others', () => {
  const text = after(Array.from({ length: 6000 }, (_, i) => `${i}\n`).join(''));
  assert.deepEqual([text.lines.length, text.lines[0], text.dropped], [5000, '1000', 1000]);
});
