/** A form of typed fields as the body of a dialog. */
import { type Dialog, ReactWidget } from '@jupyterlab/apputils';
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import * as React from 'react';

export interface IField {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'fixed';
  readonly value: JSONValue;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly help?: string;
  readonly least?: number;
  readonly most?: number;
}

/** The fields with a heading above; `getValue` returns what differs from the defaults, or all of it. */
export class Form extends ReactWidget implements Dialog.IBodyWidget<JSONObject> {
  constructor(private readonly options: Form.IOptions) {
    super();
    this.addClass('wb-Form');
    this.values = Object.fromEntries(options.fields.map(field => [field.name, shown(field.value)]));
  }

  /** What was filled in, typed; a field that was left as it was is in only when `all` is set. */
  getValue(): JSONObject {
    const made: JSONObject = {};
    for (const field of this.options.fields) {
      const value = this.values[field.name] ?? '';
      const isSame = value === shown(field.value);
      if (field.type !== 'fixed' && (this.options.all ? value !== '' : !isSame)) {
        made[field.name] = typed(field, value);
      }
    }
    return made;
  }

  protected override render(): React.ReactElement {
    return (
      <>
        {this.options.says && <p className="wb-Form-says">{this.options.says}</p>}
        {this.options.fields.map(field => (
          <label key={field.name} className="wb-Form-field" data-type={field.type}>
            <span className="wb-Form-label">{field.label}</span>
            {this.input(field)}
            {field.help && <span className="wb-Form-help">{field.help}</span>}
          </label>
        ))}
        {this.options.note && <p className="wb-Form-note">{this.options.note}</p>}
      </>
    );
  }

  private input(field: IField): React.ReactElement {
    const common = {
      name: field.name,
      'data-testid': `wb-field-${field.name}`,
      onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) => {
        const { target } = event;
        const isBox = target instanceof HTMLInputElement && target.type === 'checkbox';
        this.values[field.name] = isBox ? String(target.checked) : target.value;
      }
    };
    const value = shown(field.value);
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
            defaultValue={value}
            {...common}
          />
        );
    }
  }

  private readonly values: Record<string, string>;
}

export namespace Form {
  export interface IOptions {
    readonly fields: readonly IField[];
    readonly says?: string;
    readonly note?: string;
    /** Return every field, not only those that were changed. */
    readonly all?: boolean;
  }
}

function shown(value: JSONValue): string {
  return value === null ? '' : Array.isArray(value) ? value.join(', ') : String(value);
}

function typed(field: IField, value: string): JSONValue {
  switch (field.type) {
    case 'boolean':
      return value === 'true';
    case 'number':
    case 'integer':
      return Number(value);
    case 'list':
      return value
        .split(',')
        .map(item => item.trim())
        .filter(Boolean);
    default:
      return value;
  }
}
