import assert from 'node:assert/strict';
import test from 'node:test';
import { events } from '../src/events';

async function read(...chunks: Uint8Array[]): Promise<unknown[]> {
  const body = new ReadableStream<Uint8Array>({
    start: controller => {
      chunks.forEach(chunk => controller.enqueue(chunk));
      controller.close();
    }
  });
  const found: unknown[] = [];
  for await (const event of events(body)) {
    found.push(event);
  }
  return found;
}

test('events are read across chunks and letters that are torn between them', async () => {
  const bytes = new TextEncoder().encode(
    'id: 4\ndata: "größe"\n\nevent: end\nid: 4\ndata: "done"\n\n'
  );
  assert.deepEqual(await read(bytes.slice(0, 16), bytes.slice(16)), [
    { name: 'message', id: '4', data: '"größe"' },
    { name: 'end', id: '4', data: '"done"' }
  ]);
});

test('comments only keep the connection open', async () => {
  assert.deepEqual(await read(new TextEncoder().encode(': still here\n\n')), []);
});
