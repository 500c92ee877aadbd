/** The dialog between a notebook and its job: opens at once, and is checked while one looks at it. */
import { Dialog, ReactWidget, UseSignal } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { type NotebookPanel } from '@jupyterlab/notebook';
import { type JSONObject } from '@lumino/coreutils';
import * as React from 'react';
import { parametersOf } from '../dialogs/parameters';
import { type IWorkbenchModel } from '../tokens';
import { PromoteBody } from './body';
import { type ISubject, PromoteModel } from './model';
import { ranges } from './offer';

class PromoteForm extends ReactWidget implements Dialog.IBodyWidget<JSONObject> {
  constructor(
    private readonly model: PromoteModel,
    private readonly openPage: (path: string) => void
  ) {
    super();
    this.addClass('wb-Form');
    this.addClass('wb-Promote');
  }

  getValue(): JSONObject {
    return this.model.arguments();
  }

  protected override render(): React.ReactElement {
    return (
      <UseSignal signal={this.model.changed}>
        {() => (
          <Told onRendered={() => this.settle()}>
            <PromoteBody model={this.model} openPage={this.openPage} />
          </Told>
        )}
      </UseSignal>
    );
  }

  /** Let the dialog see what is wrong now, and say what Confirm means. */
  private settle(): void {
    this.node.dispatchEvent(new Event('input', { bubbles: true }));
    const dialog = this.node.closest('.jp-Dialog');
    const label = dialog?.querySelector('.jp-mod-accept .jp-Dialog-buttonLabel');
    if (label) {
      label.textContent = this.model.isRefused ? 'Promote anyway' : 'Confirm';
    }
  }
}

/** Its children, and a word to whoever wants to know that they have been drawn. */
function Told(props: React.PropsWithChildren<{ onRendered: () => void }>): React.ReactElement {
  React.useEffect(() => props.onRendered());
  return <>{props.children}</>;
}

/** Return the arguments of `promote`, null when the dialog was cancelled. */
export async function askForPromotion(
  model: PromoteModel,
  openPage: (path: string) => void
): Promise<JSONObject | null> {
  const dialog = new Dialog<JSONObject>({
    title: `Promote ${PathExt.basename(model.subject.notebook)}`,
    body: new PromoteForm(model, openPage),
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: 'Confirm', className: 'wb-Confirm' })
    ],
    focusNodeSelector: '.wb-Form-field input'
  });
  model.start();
  try {
    const result = await dialog.launch();
    return result.button.accept ? (result.value ?? model.arguments()) : null;
  } finally {
    model.dispose();
  }
}

/** Return what the dialog is about: the notebook, its cells, and which of them are meant. */
export function promotionOf(
  panel: NotebookPanel,
  workbench: IWorkbenchModel,
  isChosen: boolean
): PromoteModel {
  const cells = [...(panel.content.model?.cells ?? [])];
  const code = cells.filter(cell => cell.type === 'code');
  const tagsOf = (i: number) => (code[i]?.getMetadata('tags') as string[] | undefined) ?? [];
  const tagged = code.find((_, i) => tagsOf(i).includes('parameters'));
  const selected = selectedIn(panel);
  const numbers = ranges(selected);
  const isMeant = isChosen || selected.length > 1;
  const tags = [...new Set(code.flatMap((_, i) => tagsOf(i)))].filter(tag => tag !== 'parameters');
  const choices = [{ value: '', label: 'The whole notebook' }];
  if (numbers) {
    const label = selected.length > 1 ? `Cells ${numbers}` : `Cell ${numbers}`;
    choices.push({ value: numbers, label: `${label}, and what it takes` });
  }
  choices.push(...tags.map(tag => ({ value: tag, label: `Cells tagged '${tag}'` })));
  const subject: ISubject = {
    notebook: panel.context.path,
    count: code.length,
    choices,
    cells: isMeant ? numbers : '',
    found: tagged ? parametersOf(tagged.sharedModel.getSource()) : [],
    saved: panel.context.model.dirty ? panel.context.save() : Promise.resolve()
  };
  return new PromoteModel(subject, (verb, args) => workbench.ask(verb, args));
}

/** The numbers of the selected code cells, counted from 1 as the server counts them. */
function selectedIn(panel: NotebookPanel): number[] {
  const numbers: number[] = [];
  let number = 0;
  for (const cell of panel.content.widgets) {
    if (cell.model.type === 'code') {
      number += 1;
      if (panel.content.isSelectedOrActive(cell)) {
        numbers.push(number);
      }
    }
  }
  return numbers;
}
