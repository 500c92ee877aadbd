// The columns of an item as a list, and its tags, which can be given and taken there.

import { h } from '../../dom';
import { readLabel } from '../labels';
import { type Store } from '../store';

export type Row = Record<string, unknown> & { id: string };

/** What has a place of its own beside the list. */
const ELSEWHERE = new Set(['tags', 'text', 'media', 'media_b', 'candidates', 'text_b', 'name']);
const FIRST = ['label', 'prediction', 'score', 'label_by', 'label_at', 'reviewed_by', 'agreement'];

/** Return the columns of a row; its tags can be changed unless it is gone. */
export function facts(row: Row, isGone: boolean, store: Store, leave: () => void): HTMLElement {
  const { shape } = store.model.get('about');
  const names = Object.keys(row).filter(name => !ELSEWHERE.has(name));
  names.sort((a, b) => rank(a) - rank(b));
  const rows = names.map(name =>
    h(
      'div',
      {},
      h('dt', {}, name.replaceAll('_', ' ')),
      h('dd', { 'data-column': name }, said(name, row[name], shape))
    )
  );
  const list = h('dl', { class: 'wb-item-facts' }, ...rows);
  return isGone ? h('div', {}, list) : h('div', {}, tags(row, store, leave), list);
}

function said(name: string, value: unknown, shape: string): string {
  if (name === 'label' || name === 'prediction') {
    return readLabel(value as string, shape).said;
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
  }
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function tags(row: Row, store: Store, leave: () => void): HTMLElement {
  const known = (row['tags'] as string[] | undefined) ?? [];
  const chips = known.map(tag => {
    const chip = h(
      'button',
      { class: 'wb-chip', type: 'button', title: 'Take this tag away' },
      tag,
      ' ✕'
    );
    chip.addEventListener('click', () => void send(tag, true));
    return chip;
  });
  const input = h('input', {
    class: 'wb-grid-search',
    placeholder: 'Add a tag',
    'aria-label': 'Add a tag',
    maxlength: 80
  });
  input.addEventListener('keydown', event => {
    if (event.key === 'Enter' && input.value.trim()) {
      event.preventDefault();
      void send(input.value.trim(), false);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      leave();
    }
    event.stopPropagation();
  });
  return h('div', { class: 'wb-item-tags' }, ...chips, input);

  async function send(tag: string, remove: boolean): Promise<void> {
    leave();
    await store.question('tag', { tag, remove, id: row.id }).catch(() => undefined);
  }
}

function rank(name: string): number {
  const place = FIRST.indexOf(name);
  return place < 0 ? FIRST.length : place;
}
