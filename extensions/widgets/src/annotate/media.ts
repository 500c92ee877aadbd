// The media of an item as addresses, decoded before they are needed.

import { type IItem, type IShown } from './protocol';

/** Return an item with its media, so that the next item is there with the key. */
export function withMedia(item: IItem, buffers: DataView[]): IShown {
  const urls = item.media.map((media, i) => {
    const content = buffers[i] as unknown as ArrayBufferView<ArrayBuffer>;
    return [media.name, URL.createObjectURL(new Blob([content], { type: media.type }))];
  });
  const shown: IShown = { ...item, urls: Object.fromEntries(urls) as Record<string, string> };
  for (const media of item.media.filter(each => each.type.startsWith('image/'))) {
    const image = new Image();
    image.src = shown.urls[media.name] as string;
    image.decode().catch(() => undefined);
  }
  return shown;
}

/** Give the memory of an item's media back. */
export function forget(item: IShown | undefined): void {
  Object.values(item?.urls ?? {}).forEach(url => URL.revokeObjectURL(url));
}
