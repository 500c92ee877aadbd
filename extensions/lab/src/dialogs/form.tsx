/** A form of typed fields as the body of a dialog. */
import { type Dialog, ReactWidget } from '@jupyterlab/apputils';
import { type JSONObject } from '@lumino/coreutils';
import * as React from 'react';
import { Field, type IField, shown, typed } from './input';

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
          <Field
            key={field.name}
            field={field}
            value={shown(field.value)}
            onChange={value => (this.values[field.name] = value)}
          />
        ))}
        {this.options.note && <p className="wb-Form-note">{this.options.note}</p>}
      </>
    );
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
