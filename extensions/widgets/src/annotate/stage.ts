// What an item shows: its pictures, recordings, texts and columns, each as an element of its own.

import { h } from '../dom';
import { type IMedia, type IShown } from './protocol';

/** Return the elements that show *item*; tools find them by their classes and `data-name`. */
export function exhibits(item: IShown): HTMLElement[] {
  if (item.problem !== undefined) {
    return [
      h(
        'p',
        { class: 'wb-anno-broken', role: 'alert' },
        h('b', {}, item.problem),
        h('span', {}, 'Skip it with S.')
      )
    ];
  }
  const made = item.media.map(media => medium(media, item));
  for (const [name, value] of Object.entries(item.shown)) {
    if (name !== 'name' && name !== 'id' && value !== null && value !== '') {
      made.push(...said(name, value));
    }
  }
  return made;
}

function medium({ name, type, width, height }: IMedia, item: IShown): HTMLElement {
  const src = item.urls[name] ?? '';
  if (type.startsWith('audio/')) {
    return h('audio', { class: 'wb-anno-sound', controls: true, src, 'data-name': name });
  }
  const image = h('img', {
    class: 'wb-anno-image',
    alt: item.name,
    draggable: 'false',
    'data-name': name
  });
  image.src = src;
  const picture = h(
    'div',
    { class: 'wb-anno-picture' },
    h('div', { class: 'wb-anno-frame' }, image)
  );
  if (width && height) {
    picture.style.setProperty('--wb-anno-ratio', String(width / height));
    image.style.aspectRatio = `${width} / ${height}`; // also before it is decoded
  }
  if (Math.max(width ?? 512, height ?? 512) < 256) {
    image.classList.add('wb-anno-small'); // its pixels stay square
  }
  return picture;
}

function said(name: string, value: unknown): HTMLElement[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return [table(value as Record<string, unknown>)];
  }
  if (Array.isArray(value)) {
    return []; // candidates, which their tool shows
  }
  return [h('div', { class: 'wb-anno-text', dir: 'auto', 'data-name': name }, String(value))];
}

function table(columns: Record<string, unknown>): HTMLElement {
  const rows = Object.entries(columns).map(([name, value]) =>
    h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, String(value)))
  );
  return h('table', { class: 'wb-anno-table' }, h('tbody', {}, ...rows));
}
