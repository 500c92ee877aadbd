/** The head of a run's panel: name, state, time, and a button for each thing that can be done. */
import { type CommandRegistry } from '@lumino/commands';
import { type JSONObject } from '@lumino/coreutils';
import * as React from 'react';
import { CommandIDs } from '../commands';
import { ago, span, toneOf, waitingFor } from '../texts';
import { type IRunDetails } from '../tokens';
import { type RunModel } from './model';

interface IProps {
  readonly details: IRunDetails;
  readonly model: RunModel;
  readonly commands: CommandRegistry;
}

export function Head({ details, model, commands }: IProps): React.ReactElement {
  const { notebook, fields } = details;
  return (
    <header className="wb-Run-head">
      <div>
        <h2>{details.id}</h2>
        {typeof fields['title'] === 'string' && (
          <span className="wb-Run-title">{fields['title']}</span>
        )}
        <span className="wb-Pill" data-tone={toneOf(details)} data-testid="wb-run-state">
          {details.state}
        </span>
        <span className="wb-Run-when">
          {[when(details), waitingFor(details)].filter(Boolean).join(' · ')}
        </span>
      </div>
      <div className="wb-Run-buttons">
        {notebook && (
          <button
            type="button"
            className="wb-Button"
            data-testid="wb-open-notebook"
            onClick={() => void commands.execute(CommandIDs.openNotebook, { path: notebook })}
          >
            Open executed notebook
          </button>
        )}
        {details.actions.map(action => (
          <button
            key={action.label}
            type="button"
            className={`wb-Button${action.confirm ? ' wb-mod-warn' : ''}`}
            disabled={model.isBusy(action.verb)}
            data-testid={`wb-run-${action.verb}`}
            onClick={() =>
              void commands.execute(CommandIDs.act, { action: action as unknown as JSONObject })
            }
          >
            {action.label}
          </button>
        ))}
      </div>
    </header>
  );
}

function when(details: IRunDetails): string {
  const created = String(details.fields['created'] ?? '');
  const began = String(details.fields['started'] ?? '') || created;
  const ended = String(details.fields['ended'] ?? '');
  const seconds = (Date.parse(ended || new Date().toISOString()) - Date.parse(began)) / 1000;
  if (Number.isNaN(seconds)) {
    return '';
  }
  return ended ? `took ${span(seconds)}, started ${ago(began)}` : `for ${span(seconds)}`;
}
