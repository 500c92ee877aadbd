// What a key does in the annotator; pure, so that the tables below are all there is to know.

export type Command = 'done' | 'skip' | 'undo' | 'accept' | 'find' | 'help' | 'larger' | 'smaller';

export interface IKey {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** Keys of classes in their order: digits, then letters that mean nothing else. */
const CLASS_KEYS = [...'1234567890', ...'qwertyiopdfghjklzxcvbm'];

/** Return the key of the class at *index*; '' past the last one, which is found by name. */
export function keyOf(index: number): string {
  return CLASS_KEYS[index] ?? '';
}

/** Return the index of the class whose key was pressed, -1 for any other key. */
export function classAt({ key, ctrlKey, metaKey, altKey }: IKey, n: number): number {
  if (ctrlKey || metaKey || altKey) {
    return -1;
  }
  const index = CLASS_KEYS.indexOf(key.toLowerCase());
  return index < n ? index : -1;
}

/** Return what a key commands wherever the focus is on the annotator and not in a field; null for any other. */
export function commandOf({ key, ctrlKey, metaKey, altKey }: IKey): Command | null {
  if ((ctrlKey || metaKey) && key.toLowerCase() === 'z') {
    return 'undo';
  }
  if (ctrlKey || metaKey || altKey) {
    return null;
  }
  switch (key) {
    case 'Enter':
      return 'done';
    case 's':
      return 'skip';
    case 'u':
      return 'undo';
    case 'a':
      return 'accept';
    case '/':
      return 'find';
    case '?':
      return 'help';
    case '+':
    case '=':
      return 'larger';
    case '-':
      return 'smaller';
    default:
      return null;
  }
}
