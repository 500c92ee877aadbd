/** One typed field of a form: its label, its input, what is wrong with it. */
import { type JSONValue } from '@lumino/coreutils';
import * as React from 'react';

export interface IField {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'json' | 'fixed';
  readonly value: JSONValue;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly help?: string;
  readonly least?: number;
  readonly most?: number;
  readonly placeholder?: string;
}

interface IProps {
  readonly field: IField;
  /** What it shows at first; the browser keeps what is typed. */
  readonly value: string;
  readonly problem?: string;
  readonly onChange: (value: string) => void;
}

export function Field(props: IProps): React.ReactElement {
  const { field, problem } = props;
  return (
    <label className={`wb-Form-field${problem ? ' jp-mod-error' : ''}`} data-type={field.type}>
      <span className="wb-Form-label">{field.label}</span>
      <Input {...props} />
      {problem ? (
        <span className="wb-Form-problem" role="alert" data-testid={`wb-problem-${field.name}`}>
          {problem}
        </span>
      ) : (
        field.help && <span className="wb-Form-help">{field.help}</span>
      )}
    </label>
  );
}

function Input({ field, value, onChange }: IProps): React.ReactElement {
  const common = {
    name: field.name,
    'data-testid': `wb-field-${field.name}`,
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) => {
      const { target } = event;
      const isBox = target instanceof HTMLInputElement && target.type === 'checkbox';
      onChange(isBox ? String(target.checked) : target.value);
    }
  };
  switch (field.type) {
    case 'boolean':
      return <input type="checkbox" defaultChecked={value === 'true'} {...common} />;
    case 'choice':
      return (
        <select className="jp-mod-styled" defaultValue={value} {...common}>
          {field.choices?.map(choice => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      );
    case 'fixed':
      return <code className="wb-Form-fixed">{value}</code>;
    case 'number':
    case 'integer':
      return (
        <input
          className="jp-mod-styled"
          type="number"
          step={field.type === 'integer' ? 1 : 'any'}
          min={field.least}
          max={field.most}
          placeholder={field.placeholder}
          defaultValue={value}
          {...common}
        />
      );
    default:
      return (
        <input
          className="jp-mod-styled"
          type="text"
          spellCheck={false}
          placeholder={field.placeholder}
          defaultValue={value}
          {...common}
        />
      );
  }
}

/** A value as its field shows it. */
export function shown(value: JSONValue): string {
  if (value === null) {
    return '';
  }
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) {
    return value.join(', ');
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What was typed as a value; what does not fit its type goes as text, and the server says what is wrong. */
export function typed(field: IField, value: string): JSONValue {
  switch (field.type) {
    case 'boolean':
      return value === 'true';
    case 'number':
    case 'integer':
      return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value);
    case 'list':
      return value
        .split(',')
        .map(item => item.trim())
        .filter(Boolean);
    case 'json':
      try {
        return JSON.parse(value) as JSONValue;
      } catch {
        return value;
      }
    default:
      return value;
  }
}
