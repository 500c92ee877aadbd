/** What the sidebar shows in each state of the connection. */
import { refreshIcon } from '@jupyterlab/ui-components';
import { type CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { CommandIDs } from '../commands';
import { MAKE_WORKSPACE, MEND_EXTENSION } from '../texts';
import { type IWorkbenchModel, KINDS } from '../tokens';
import { Code } from './code';
import { Section } from './section';

export interface IViewProps {
  readonly model: IWorkbenchModel;
  readonly commands: CommandRegistry;
}

export function Body({ model, commands }: IViewProps): React.ReactElement {
  const { workspace } = model;
  return (
    <>
      <header className="wb-Header">
        <div className="wb-Header-text">
          <h2>{workspace?.name ?? 'Workbench'}</h2>
          {workspace && <span title={workspace.root}>Workspace</span>}
        </div>
        <button
          type="button"
          className="wb-IconButton"
          title="Refresh"
          aria-label="Refresh"
          onClick={() => void commands.execute(CommandIDs.refresh)}
        >
          <refreshIcon.react tag="span" />
        </button>
      </header>
      <Banner model={model} commands={commands} />
      {workspace && (
        <div className="wb-Sections">
          {KINDS.map(kind => (
            <Section key={kind} kind={kind} model={model} commands={commands} />
          ))}
        </div>
      )}
    </>
  );
}

function Banner({ model, commands }: IViewProps): React.ReactElement | null {
  const { connection } = model;
  switch (connection.status) {
    case 'ready':
      return null;
    case 'starting':
      return <div className="wb-Notice wb-mod-quiet">Looking for the workspace …</div>;
    case 'no-workspace':
      return (
        <div className="wb-Notice" data-testid="wb-no-workspace">
          <strong>No workspace yet</strong>
          <p>
            A workspace is a folder that keeps data, runs, models and services. Make one in a
            notebook:
          </p>
          <Code text={MAKE_WORKSPACE} commands={commands} />
        </div>
      );
    case 'no-extension':
      return (
        <div className="wb-Notice wb-mod-bad" role="alert" data-testid="wb-no-extension">
          <strong>The server extension is not enabled</strong>
          <p>Run this in a terminal, then start JupyterLab again:</p>
          <Code text={MEND_EXTENSION} commands={commands} />
        </div>
      );
    default:
      return (
        <div className="wb-Notice wb-mod-bad" role="alert" data-testid="wb-offline">
          <strong>{connection.message}</strong>
          <p>{connection.hint} What is below may be old; jobs go on without this window.</p>
          <button
            type="button"
            className="wb-Button"
            onClick={() => void commands.execute(CommandIDs.refresh)}
          >
            Try again
          </button>
        </div>
      );
  }
}
