/** The panel of a run: a Lumino shell around its views. */
import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import { type CommandRegistry } from '@lumino/commands';
import { type Message } from '@lumino/messaging';
import * as React from 'react';
import { runIcon } from '../icons';
import { type IWorkbenchModel } from '../tokens';
import { RunBody } from './body';
import { RunModel } from './model';

export class RunPanel extends ReactWidget {
  constructor(
    readonly run: string,
    model: IWorkbenchModel,
    private readonly commands: CommandRegistry
  ) {
    super();
    this.model = new RunModel(run, model);
    this.id = `workbench-run-${run}`;
    this.addClass('wb-Run');
    this.title.label = run;
    this.title.icon = runIcon;
    this.title.caption = `Run ${run}`;
    this.title.closable = true;
    this.node.dataset['testid'] = 'wb-run';
  }

  /** Turn to one of the tabs; *other* is the run to compare with. */
  turnTo(tab: string, other = ''): void {
    this.model.show(tab, other);
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.model.start();
  }

  protected override render(): React.ReactElement {
    return (
      <UseSignal signal={this.model.changed}>
        {() => <RunBody model={this.model} commands={this.commands} />}
      </UseSignal>
    );
  }

  private readonly model: RunModel;
}
