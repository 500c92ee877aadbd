/** Server-sent events read from a response's body. */

export interface IServerEvent {
  readonly name: string;
  readonly id: string;
  readonly data: string;
}

/** Yield each event of a `text/event-stream`; comments, which only keep the connection open, are left out. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncIterable<IServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      text += decoder.decode(value, { stream: !done });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parse(block);
        if (event.data) {
          yield event;
        }
      }
      if (done) {
        return;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parse(block: string): IServerEvent {
  const fields: Record<string, string> = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) {
      fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
    }
  }
  return { name: fields['event'] ?? 'message', id: fields['id'] ?? '', data: fields['data'] ?? '' };
}
