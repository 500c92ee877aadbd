// The life of an item: each version that changed it, what changed, and who did it.

import { h } from '../../dom';
import { readLabel } from '../labels';

interface IStep {
  version: number;
  created: string;
  note: string;
  by: string;
  /** From this version on, it is not there. */
  gone: boolean;
  changes: [string, unknown, unknown][];
}

export function history(steps: IStep[]): HTMLElement {
  const entries = [...steps]
    .reverse()
    .map((step, i) =>
      h(
        'li',
        {},
        h('b', {}, `@${step.version}`),
        h('time', { datetime: step.created }, step.created.slice(0, 16).replace('T', ' ')),
        h('span', {}, [step.note, step.by && `by ${step.by}`].filter(Boolean).join(' · ')),
        ...(step.gone ? [h('div', { class: 'wb-item-change' }, 'taken out')] : []),
        ...(i === steps.length - 1 ? [] : step.changes.map(change))
      )
    );
  return h(
    'section',
    { class: 'wb-item-history' },
    h('h4', {}, 'History'),
    h('ol', {}, ...entries)
  );
}

function change([column, before, after]: [string, unknown, unknown]): HTMLElement {
  const text = `${column}: ${words(before)} → ${words(after)}`;
  return h('div', { class: 'wb-item-change' }, text);
}

function words(value: unknown): string {
  if (value === null || value === undefined) {
    return 'none';
  }
  const text = typeof value === 'string' ? readLabel(value, '').said : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
