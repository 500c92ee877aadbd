// What a key does in the grid; pure, so that the table below is all there is to know.

export type Command =
  | 'toggle'
  | 'all'
  | 'none'
  | 'open'
  | 'alike'
  | 'filters'
  | 'search'
  | 'map'
  | 'tag'
  | 'label'
  | 'help';

export type Move =
  { focus: number } | { page: number; focus: 'first' | 'last' | 'same' } | { command: Command };

/** The letters that the help names. */
export const COMMANDS: ReadonlyMap<string, [Command, string]> = new Map([
  ['Enter', ['open', 'open the item']],
  [' ', ['toggle', 'select it, or take it out']],
  ['Escape', ['none', 'select nothing']],
  ['/', ['search', 'search']],
  ['f', ['filters', 'filters']],
  ['s', ['alike', 'items like this one']],
  ['m', ['map', 'the map']],
  ['t', ['tag', 'tag']],
  ['l', ['label', 'send to labeling']],
  ['?', ['help', 'these keys']]
]);

export interface IKey {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** Return what *key* does with the focus on tile *at* of *n* in rows of *columns*; null for a key we leave alone. */
export function moveOf(
  { key, ctrlKey, metaKey }: IKey,
  at: number,
  n: number,
  columns: number
): Move | null {
  if (ctrlKey || metaKey) {
    return key.toLowerCase() === 'a' ? { command: 'all' } : null;
  }
  switch (key) {
    case 'ArrowLeft':
      return at > 0 ? { focus: at - 1 } : { page: -1, focus: 'last' };
    case 'ArrowRight':
      return at < n - 1 ? { focus: at + 1 } : { page: 1, focus: 'first' };
    case 'ArrowUp':
      return at >= columns ? { focus: at - columns } : { page: -1, focus: 'last' };
    case 'ArrowDown':
      return at + columns < n ? { focus: at + columns } : { page: 1, focus: 'first' };
    case 'PageDown':
    case 'j':
      return { page: 1, focus: 'same' };
    case 'PageUp':
    case 'k':
      return { page: -1, focus: 'same' };
    case 'Home':
      return { focus: 0 };
    case 'End':
      return { focus: n - 1 };
    default: {
      const command = COMMANDS.get(key);
      return command ? { command: command[0] } : null;
    }
  }
}

/** Return *selected* with the ids between two tiles added, in the order of the page; '' stands for none. */
export function range(selected: string[], ids: string[], from: number, to: number): string[] {
  const [first, last] = from < to ? [from, to] : [to, from];
  const chosen = new Set(selected);
  return [...selected, ...ids.slice(first, last + 1).filter(id => id && !chosen.has(id))];
}

/** Return *selected* without *id* when it is there, with it when not. */
export function toggle(selected: string[], id: string): string[] {
  return selected.includes(id) ? selected.filter(other => other !== id) : [...selected, id];
}
