// Colours of classes and lines: told apart by most eyes, readable on light and on dark.

const COLORS = [
  '#4c8bf5',
  '#f28e2b',
  '#2fa89c',
  '#c25fb0',
  '#8a9a2b',
  '#e0566b',
  '#7b6fd6',
  '#b07b4f',
  '#4ba3c7',
  '#6aa84f',
  '#d9a514',
  '#8b8f99'
];

/** Return the colour of the class or line at *index*; a negative index is nobody's. */
export function colorAt(index: number): string {
  return index < 0 ? '#8b8f99' : (COLORS[index % COLORS.length] as string);
}
