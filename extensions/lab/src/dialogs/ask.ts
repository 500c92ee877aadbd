/** The dialog that asks for the arguments which an action leaves open; built from what the server says of the verb. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import { bare, object, titleOf } from '../texts';
import { type IAction, type IParameter, type IWorkbenchModel, KINDS } from '../tokens';
import { Form } from './form';
import { type IField } from './input';

const LABELS: Readonly<Record<string, string>> = {
  name: 'Service name',
  canary: 'Canary share, %',
  data: 'Dataset',
  classes: 'Classes, with commas'
};

const HELP: Readonly<Record<string, string>> = {
  canary:
    'Of the traffic of a service that runs already; the first model of a service gets all of it.',
  data: 'Labeled samples that the model has not seen; what is kept is measured on them.'
};

/** Return the answers, null when the dialog was cancelled. */
export async function askFor(action: IAction, model: IWorkbenchModel): Promise<JSONObject | null> {
  const known = (await model.verbs().catch(() => [])).find(verb => verb.name === action.verb);
  if (action.ask?.includes('parameters')) {
    return askForParameters(action, model);
  }
  const fields = (action.ask ?? []).map(name =>
    fieldOf(
      name,
      known?.parameters.find(parameter => parameter.name === name),
      action,
      model
    )
  );
  const subject = bare(String(Object.values(action.arguments)[0] ?? '')).replace(/#.*$/, '');
  const result = await showDialog<JSONObject>({
    title: `${action.label} ${subject}`.trim(),
    body: new Form({ fields, all: true }),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: action.label })],
    focusNodeSelector: 'input, select'
  });
  return result.button.accept ? result.value : null;
}

/** A run once more: its parameters as it had them, each in a field of its type. */
async function askForParameters(
  action: IAction,
  model: IWorkbenchModel
): Promise<JSONObject | null> {
  const id = bare(String(action.arguments['run'] ?? ''));
  const params = object((await model.run(id)).fields['params']);
  const fields = Object.entries(params).map(([name, value]) =>
    parameterOf(name, value as JSONValue)
  );
  const result = await showDialog<JSONObject>({
    title: `${action.label}: ${id}`,
    body: new Form({
      fields,
      says: 'The same bundle, as it was promoted; what the notebook is now does not matter.',
      note: fields.length ? undefined : 'It has no parameters.'
    }),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: action.label })],
    focusNodeSelector: fields.length ? 'input' : undefined
  });
  return result.button.accept ? { parameters: result.value ?? {} } : null;
}

function parameterOf(name: string, value: JSONValue): IField {
  const isTexts = Array.isArray(value) && value.every(item => typeof item === 'string');
  const types: Readonly<Record<string, IField['type']>> = {
    number: 'number',
    boolean: 'boolean',
    string: 'text'
  };
  const type = isTexts ? 'list' : (types[typeof value] ?? 'json');
  return { name, label: name, type, value };
}

function fieldOf(
  name: string,
  parameter: IParameter | undefined,
  action: IAction,
  model: IWorkbenchModel
): IField {
  const kind = (KINDS as readonly string[]).includes(name) ? name : (parameter?.type ?? 'string');
  const field = {
    name,
    label: LABELS[name] ?? name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, ' '),
    help: HELP[name],
    value: suggested(name, action, model) ?? parameter?.default ?? null
  };
  if ((KINDS as readonly string[]).includes(kind)) {
    const choices = model.list(kind).map(record => ({ value: record.ref, label: titleOf(record) }));
    return { ...field, type: 'choice', choices, value: choices[0]?.value ?? null };
  }
  if (parameter?.type === 'choice') {
    const choices = parameter.choices.map(value => ({
      value: String(value),
      label: String(value) || 'any'
    }));
    return { ...field, type: 'choice', choices };
  }
  if (name === 'canary') {
    return { ...field, type: 'number', least: 0, most: 100 };
  }
  const types: Readonly<Record<string, IField['type']>> = {
    array: 'list',
    boolean: 'boolean',
    integer: 'integer',
    number: 'number'
  };
  return { ...field, type: types[parameter?.type ?? ''] ?? 'text' };
}

/** What is most likely meant: the name of the model's own service, and what the dataset says of itself. */
function suggested(name: string, action: IAction, model: IWorkbenchModel): JSONValue | undefined {
  if (action.verb === 'serve' && name === 'name') {
    const ref = String(action.arguments['model'] ?? model.list('model')[0]?.ref ?? '');
    return model.list('service')[0]?.id ?? bare(ref).split('@')[0];
  }
  if (name === 'canary') {
    return 10;
  }
  const data = model.find(String(action.arguments['data'] ?? ''));
  return data && name in data.fields ? data.fields[name] : undefined;
}
