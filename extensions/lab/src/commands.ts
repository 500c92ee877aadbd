/** Everything a person can do, once; menus, buttons, launcher and shortcuts run these. */
import { type JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { type INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { type JSONObject, type JSONValue, type ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { askFor } from './dialogs/ask';
import { deployIcon, promoteIcon, workbenchIcon } from './icons';
import { Note } from './note';
import { told, WorkbenchError } from './problems';
import { askForPromotion, promotionOf } from './promote';
import { capital, object } from './texts';
import { type IAction, type IWorkbenchModel } from './tokens';

export namespace CommandIDs {
  export const open = 'workbench:open';
  export const refresh = 'workbench:refresh';
  export const act = 'workbench:act';
  export const openRun = 'workbench:open-run';
  export const openNotebook = 'workbench:open-notebook';
  export const openUrl = 'workbench:open-url';
  export const openStudio = 'workbench:open-studio';
  export const copy = 'workbench:copy';
  export const promote = 'workbench:promote';
  export const promoteCells = 'workbench:promote-cells';
  export const compare = 'workbench:compare';
  export const deploy = 'workbench:deploy';
}

export interface IContext {
  readonly app: JupyterFrontEnd;
  readonly model: IWorkbenchModel;
  readonly notebooks: INotebookTracker | null;
}

type Args = ReadonlyPartialJSONObject;

const DEPLOY: IAction = {
  verb: 'serve',
  label: 'Deploy',
  arguments: {},
  ask: ['model', 'name', 'canary']
};

export function addCommands(context: IContext): void {
  const { app, model } = context;
  const isReady = () => model.connection.status === 'ready';
  app.commands.addCommand(CommandIDs.refresh, {
    label: 'Refresh Workbench',
    execute: () => model.refresh()
  });
  app.commands.addCommand(CommandIDs.copy, {
    label: 'Copy',
    execute: (args: Args) => {
      Clipboard.copyToSystem(String(args['text']));
      Notification.info('Copied.', { autoClose: 1500 });
    }
  });
  app.commands.addCommand(CommandIDs.openUrl, {
    label: 'Open in New Tab',
    execute: (args: Args) => {
      window.open(String(args['url']), '_blank', 'noopener');
    }
  });
  app.commands.addCommand(CommandIDs.openNotebook, {
    label: 'Open Executed Notebook',
    execute: (args: Args) => app.commands.execute('docmanager:open', { path: String(args['path']) })
  });
  app.commands.addCommand(CommandIDs.act, {
    label: args => String(object(args['action'] as JSONValue)['label'] ?? 'Act'),
    execute: (args: Args) => act(context, args['action'] as unknown as IAction)
  });
  app.commands.addCommand(CommandIDs.promote, {
    label: args => (args['toolbar'] ? 'Promote' : 'Promote Notebook to a Job…'),
    caption: 'Run this notebook as a job, with the cells and parameters it has now',
    icon: promoteIcon,
    isEnabled: () => isReady() && notebookOf(context) !== null,
    execute: () => promote(context, false)
  });
  app.commands.addCommand(CommandIDs.promoteCells, {
    label: 'Promote Selected Cells to a Job…',
    caption: 'Run these cells, and all that they need, as a job',
    icon: promoteIcon,
    isEnabled: () => isReady() && notebookOf(context) !== null,
    execute: () => promote(context, true)
  });
  app.commands.addCommand(CommandIDs.compare, {
    label: 'Compare Two Runs',
    execute: (args: Args) =>
      app.commands.execute(CommandIDs.openRun, {
        id: String(args['run']),
        tab: 'compare',
        other: String(args['other'])
      })
  });
  app.commands.addCommand(CommandIDs.deploy, {
    label: args => (args['toolbar'] ? 'Deploy' : 'Deploy a Model…'),
    caption: 'Put a model online, with a share of the traffic first',
    icon: deployIcon,
    isEnabled: () => isReady() && model.list('model').length > 0,
    execute: () => act(context, DEPLOY)
  });
  model.changed.connect(() => {
    for (const id of [CommandIDs.promote, CommandIDs.promoteCells, CommandIDs.deploy]) {
      app.commands.notifyCommandChanged(id);
    }
  });
  context.notebooks?.currentChanged.connect(() =>
    app.commands.notifyCommandChanged(CommandIDs.promote)
  );
}

/** Ask what is open, confirm what cannot be undone, call the verb, and show what came of it. */
async function act(context: IContext, action: IAction): Promise<void> {
  let args: JSONObject = { ...action.arguments };
  if (action.confirm && !(await isConfirmed(action))) {
    return;
  }
  if (action.ask?.length) {
    const answers = await askFor(action, context.model);
    if (answers === null) {
      return;
    }
    args = { ...args, ...answers };
  }
  await call(context, action.label, action.verb, args);
}

/** From the notebook to its job; a promotion that the rehearsal refuses comes back with its reason to ask for one. */
async function promote(context: IContext, isChosen: boolean): Promise<void> {
  const panel = notebookOf(context);
  if (!panel) {
    return;
  }
  const offer = promotionOf(panel, context.model, isChosen);
  const openPage = (path: string) =>
    void context.app.commands.execute(CommandIDs.openUrl, {
      url: context.model.url(path)
    });
  for (;;) {
    const args = await askForPromotion(offer, openPage);
    if (args === null) {
      return;
    }
    const label = `Promote ${PathExt.basename(panel.context.path)}`;
    const refusal = await call(context, label, 'promote', args);
    if (refusal?.code !== 'run' || 'override' in args) {
      return;
    }
    offer.refuse(told(refusal));
  }
}

/** Call a verb and show what came of it; return what was refused. */
async function call(
  context: IContext,
  label: string,
  verb: string,
  args: JSONObject
): Promise<WorkbenchError | null> {
  const note = new Note(label);
  try {
    const result = object(await context.model.call(verb, args));
    const ref = String(result['ref'] ?? '');
    const verdict = typeof result['verdict'] === 'string' ? result['verdict'] : '';
    void note.end(
      verdict ? `${label}: ${verdict}. ${capital(String(result['says'] ?? ''))}` : done(label, ref),
      verdict === 'different' ? 'error' : 'success'
    );
    const run = ref.startsWith('run:') ? ref : verdict ? String(args['run'] ?? '') : '';
    if (run) {
      const tab = verdict ? { tab: 'verdict' } : {};
      await context.app.commands.execute(CommandIDs.openRun, { id: run.slice(4), ...tab });
    }
    return null;
  } catch (error) {
    void note.end(told(error), 'error');
    return error instanceof WorkbenchError ? error : null;
  }
}

function done(label: string, ref: string): string {
  return ref ? `${label}: ${ref.replace(/#.*$/, '')}` : `${label}: done`;
}

async function isConfirmed(action: IAction): Promise<boolean> {
  const button = Dialog.warnButton({ label: action.label });
  const buttons = [Dialog.cancelButton({ label: 'Keep as It Is' }), button];
  const result = await showDialog({ title: action.label, body: action.confirm ?? '', buttons });
  return result.button.accept;
}

function notebookOf(context: IContext): NotebookPanel | null {
  return context.notebooks?.currentWidget ?? null;
}

export function addOpenCommand(app: JupyterFrontEnd, id: string): void {
  app.commands.addCommand(CommandIDs.open, {
    label: 'Show Workbench',
    caption: 'Datasets, labelings, runs, models and services',
    icon: args => (args['launcher'] || args['palette'] ? workbenchIcon : undefined),
    execute: () => app.shell.activateById(id)
  });
}
