/** The extension: a list of small plugins, each of which adds one thing and can be disabled by itself. */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Api } from './api';
import { addCommands, addOpenCommand, CommandIDs } from './commands';
import { WorkbenchModel } from './model';
import { notify } from './note';
import { Notices } from './notices';
import { RunPanel } from './run';
import { Sidebar } from './sidebar';
import { StudioTab } from './studio';
import { IWorkbenchModel } from './tokens';

/** Every other application (Voila, Notebook) lacks some of these services: all of them are optional. */
const model: JupyterFrontEndPlugin<IWorkbenchModel> = {
  id: 'perception-workbench:plugin',
  description: 'The state of the workspace, and the settings.',
  autoStart: true,
  provides: IWorkbenchModel,
  optional: [ISettingRegistry],
  activate: (app: JupyterFrontEnd, settings: ISettingRegistry | null) => {
    const made = new WorkbenchModel(new Api(app.serviceManager.serverSettings));
    const start = async () => {
      const loaded = await settings?.load(model.id).catch(() => null);
      made.start(Number(loaded?.get('interval').composite ?? 3));
    };
    // Nothing waits for the server: the window is there first.
    void app.restored.then(start);
    return made;
  }
};

const commands: JupyterFrontEndPlugin<void> = {
  id: 'perception-workbench:commands',
  description: 'Everything that a person can do, as commands; also in the palette.',
  autoStart: true,
  requires: [IWorkbenchModel],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    made: IWorkbenchModel,
    notebooks: INotebookTracker | null,
    palette: ICommandPalette | null
  ) => {
    addCommands({ app, model: made, notebooks });
    for (const command of [
      CommandIDs.promote,
      CommandIDs.promoteCells,
      CommandIDs.deploy,
      CommandIDs.refresh
    ]) {
      palette?.addItem({ command, category: 'Workbench' });
    }
  }
};

const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'perception-workbench:sidebar',
  description: 'Datasets, labelings, runs, models and services at the left.',
  autoStart: true,
  requires: [IWorkbenchModel],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    made: IWorkbenchModel,
    shell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null
  ) => {
    if (!shell) {
      return;
    }
    const view = new Sidebar(made, app.commands);
    shell.add(view, 'left', { rank: 150, type: 'Workbench' });
    restorer?.add(view, Sidebar.id);
    addOpenCommand(app, Sidebar.id);
    palette?.addItem({ command: CommandIDs.open, category: 'Workbench' });
    launcher?.add({
      command: CommandIDs.open,
      category: 'Other',
      rank: 1,
      args: { launcher: true }
    });
  }
};

const runs: JupyterFrontEndPlugin<void> = {
  id: 'perception-workbench:runs',
  description: 'A panel per run: log, progress, parameters, metrics.',
  autoStart: true,
  requires: [IWorkbenchModel],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, made: IWorkbenchModel, restorer: ILayoutRestorer | null) => {
    const tracker = new WidgetTracker<MainAreaWidget<RunPanel>>({ namespace: 'workbench-run' });
    app.commands.addCommand(CommandIDs.openRun, {
      label: args => (args['id'] ? `Open Run ${String(args['id'])}` : 'Open Run'),
      execute: async args => {
        const id = String(args['id']);
        const known = tracker.find(widget => widget.content.run === id);
        const widget =
          known ?? new MainAreaWidget({ content: new RunPanel(id, made, app.commands) });
        if (!widget.isAttached) {
          app.shell.add(widget, 'main', { mode: 'tab-after', type: 'Workbench' });
        }
        app.shell.activateById(widget.id);
        if (args['tab']) {
          widget.content.turnTo(String(args['tab']), String(args['other'] ?? ''));
        }
        if (!known) {
          await tracker.add(widget);
        }
      }
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openRun,
      args: widget => ({ id: widget.content.run }),
      name: widget => widget.content.run
    });
  }
};

const studio: JupyterFrontEndPlugin<void> = {
  id: 'perception-workbench:studio',
  description: 'Label Studio in a tab, behind the sign-in of Jupyter.',
  autoStart: true,
  requires: [IWorkbenchModel],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    made: IWorkbenchModel,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ) => {
    const tracker = new WidgetTracker<StudioTab>({ namespace: 'workbench-studio' });
    app.commands.addCommand(CommandIDs.openStudio, {
      label: 'Open Label Studio',
      caption: 'Label in a tab of JupyterLab',
      execute: async args => {
        const path = String(args['path'] ?? 'projects/');
        const title = String(args['title'] ?? 'Label Studio');
        const known = tracker.find(tab => tab.path === path);
        const tab = known ?? new StudioTab(path, title, made);
        if (!tab.isAttached) {
          app.shell.add(tab, 'main', { type: 'Workbench' });
        }
        app.shell.activateById(tab.id);
        if (!known) {
          await tracker.add(tab);
        }
      }
    });
    palette?.addItem({ command: CommandIDs.openStudio, category: 'Workbench' });
    void restorer?.restore(tracker, {
      command: CommandIDs.openStudio,
      args: tab => ({ path: tab.path, title: tab.title.label }),
      name: tab => tab.path
    });
  }
};

const notices: JupyterFrontEndPlugin<void> = {
  id: 'perception-workbench:notices',
  description: 'A notification when a job has ended, also one that ended while no page was open.',
  autoStart: true,
  requires: [IWorkbenchModel],
  activate: (app: JupyterFrontEnd, made: IWorkbenchModel) => {
    const notices = new Notices(window.localStorage, ended =>
      notify(ended, id => void app.commands.execute(CommandIDs.openRun, { id }))
    );
    made.changed.connect(() => notices.look(made.workspace?.root ?? '', made.list('run')));
  }
};

export { IWorkbenchModel } from './tokens';
export default [model, commands, sidebar, runs, studio, notices];
