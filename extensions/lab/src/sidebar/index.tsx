/** The sidebar: a Lumino shell around the views, which it gives the model and the commands. */
import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import { type CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { workbenchIcon } from '../icons';
import { type IWorkbenchModel } from '../tokens';
import { Body } from './body';

export class Sidebar extends ReactWidget {
  static readonly id = 'perception-workbench-sidebar';

  constructor(
    private readonly model: IWorkbenchModel,
    private readonly commands: CommandRegistry
  ) {
    super();
    this.id = Sidebar.id;
    this.addClass('wb-Sidebar');
    this.title.icon = workbenchIcon;
    this.title.caption = 'Workbench';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Workbench');
    this.node.dataset['testid'] = 'wb-sidebar';
  }

  protected override render(): React.ReactElement {
    return (
      <UseSignal signal={this.model.changed}>
        {() => <Body model={this.model} commands={this.commands} />}
      </UseSignal>
    );
  }
}
