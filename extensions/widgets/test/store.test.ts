import assert from 'node:assert/strict';
import test from 'node:test';
import type { IModel } from '../src/anywidget';
import type { ITraits } from '../src/grid/protocol';
import { Store } from '../src/grid/store';

test('what a listener asks on a change of the query is sent after the change', async () => {
  const sent: string[] = [];
  const handlers: (() => void)[] = [];
  const model = {
    get: () => ({}),
    set: () => handlers.forEach(handler => handler()), // listeners hear of a change before it is saved
    save_changes: () => sent.push('query'),
    send: (content: { what?: string }) => sent.push(content.what ?? 'hello'),
    on: (event: string, handler: () => void) => event === 'change:query' && handlers.push(handler),
    off: () => undefined
  };
  const store = new Store(model as unknown as IModel<ITraits>);
  const stop = store.connect();
  store.subscribe(() => void store.question('map'));
  store.ask({ map: 'tsne' });
  await Promise.resolve();
  stop();
  assert.deepEqual(
    sent.filter(what => what !== 'hello'),
    ['query', 'map']
  );
});
