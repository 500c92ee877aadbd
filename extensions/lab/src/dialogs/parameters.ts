/** The parameters of a notebook: the assignments in its cell tagged 'parameters', as papermill defines them. */
import { type JSONValue } from '@lumino/coreutils';
import { type IField } from './input';

/** `name`, optional annotation, value, optional comment. */
const ASSIGNMENT = /^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(.+?)\s*$/;

/** Return a field per assignment; what is not a plain literal is shown and left as it is. */
export function parametersOf(source: string): IField[] {
  const fields: IField[] = [];
  for (const line of source.split('\n')) {
    const found = ASSIGNMENT.exec(line);
    if (found?.[1] && found[2] && !found[2].startsWith('=')) {
      const [code, comment] = withoutComment(found[2]);
      fields.push(fieldOf(found[1], code, comment));
    }
  }
  return fields;
}

function fieldOf(name: string, code: string, comment: string): IField {
  const common = { name, label: name, help: comment };
  if (/^[+-]?\d[\d_]*$/.test(code)) {
    return { ...common, type: 'integer', value: Number(code.replace(/_/g, '')) };
  }
  if (/^[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d+)?$/i.test(code)) {
    return { ...common, type: 'number', value: Number(code.replace(/_/g, '')) };
  }
  if (code === 'True' || code === 'False') {
    return { ...common, type: 'boolean', value: code === 'True' };
  }
  const text = textOf(code);
  if (text !== null) {
    return { ...common, type: 'text', value: text };
  }
  const list = listOf(code);
  return list
    ? { ...common, type: 'list', value: list }
    : { ...common, type: 'fixed', value: code };
}

/** Return the content of a string literal without escapes. */
function textOf(code: string): string | null {
  const found = /^(['"])((?:(?!\1)[^\\])*)\1$/.exec(code);
  return found ? (found[2] ?? '') : null;
}

/** Return a list of texts; other lists stay code, since their items would lose their type in a text field. */
function listOf(code: string): JSONValue[] | null {
  const found = /^\[(.*)\]$/.exec(code);
  if (!found?.[1]?.trim()) {
    return null;
  }
  const items = found[1].split(',').map(item => textOf(item.trim()));
  return items.every(item => item !== null && !item.includes(',')) ? items : null;
}

/** Split a `#` comment off, unless it is inside a string. */
function withoutComment(code: string): [string, string] {
  let quote = '';
  for (let i = 0; i < code.length; i++) {
    const letter = code.charAt(i);
    if (quote) {
      quote = letter === quote ? '' : quote;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
    } else if (letter === '#') {
      return [code.slice(0, i).trim(), code.slice(i + 1).trim()];
    }
  }
  return [code, ''];
}
