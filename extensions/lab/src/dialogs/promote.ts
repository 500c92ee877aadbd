/** The dialog between a notebook and its job: what will run, and with which parameters. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { type NotebookPanel } from '@jupyterlab/notebook';
import { type JSONObject } from '@lumino/coreutils';
import { Form } from './form';
import { parametersOf } from './parameters';

const NO_PARAMETERS = "Tag a cell with 'parameters' to change its values here.";

/** Return the parameters that were changed, null when the dialog was cancelled. */
export async function askForPromotion(panel: NotebookPanel): Promise<JSONObject | null> {
  const name = PathExt.basename(panel.context.localPath);
  const cells = [...(panel.content.model?.cells ?? [])];
  const tagged = cells.find(cell =>
    (cell.getMetadata('tags') as string[] | undefined)?.includes('parameters')
  );
  const fields = tagged ? parametersOf(tagged.sharedModel.getSource()) : [];
  const code = cells.filter(cell => cell.type === 'code').length;
  const result = await showDialog<JSONObject>({
    title: `Promote ${name}`,
    body: new Form({
      fields,
      says: `The ${code} code cells run as a job of their own; it outlives this window.`,
      note: fields.length ? undefined : NO_PARAMETERS
    }),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Confirm' })],
    focusNodeSelector: fields.length ? 'input, select' : undefined
  });
  return result.button.accept ? (result.value ?? {}) : null;
}
