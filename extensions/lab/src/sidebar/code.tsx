/** A line of code with a button that copies it. */
import { copyIcon } from '@jupyterlab/ui-components';
import { type CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { CommandIDs } from '../commands';

export function Code({
  text,
  commands
}: {
  text: string;
  commands: CommandRegistry;
}): React.ReactElement {
  return (
    <div className="wb-Code">
      <pre>{text}</pre>
      <button
        type="button"
        className="wb-IconButton"
        title="Copy"
        aria-label={`Copy: ${text}`}
        onClick={() => void commands.execute(CommandIDs.copy, { text })}
      >
        <copyIcon.react tag="span" />
      </button>
    </div>
  );
}
