/** One thing of the workspace: its state, its facts, and a button for each thing that can be done. */
import { type JSONObject } from '@lumino/coreutils';
import * as React from 'react';
import { CommandIDs } from '../commands';
import { bare, figure, progressOf, summaryOf, titleOf, toneOf, traffic } from '../texts';
import { type IAction, type IRecord } from '../tokens';
import { type IViewProps } from './body';

interface IRowProps extends IViewProps {
  readonly record: IRecord;
  /** Set where rows are chosen to be compared. */
  readonly isChosen?: boolean;
  readonly onChoose?: () => void;
}

export function Row(props: IRowProps): React.ReactElement {
  const { record, model, commands, isChosen, onChoose } = props;
  const title = titleOf(record);
  const open = openerOf(record);
  const buttons = record.actions.map(action => {
    const isBusy = model.isBusy(action.verb, action.arguments);
    return (
      <button
        key={action.label}
        type="button"
        className="wb-Button"
        disabled={isBusy || model.connection.status !== 'ready'}
        aria-label={`${action.label} ${title}`}
        data-testid={`wb-action-${action.verb}`}
        onClick={() => void commands.execute(CommandIDs.act, { action: asArgs(action) })}
      >
        {isBusy ? `${action.label} …` : action.label}
      </button>
    );
  });
  const hasMany = buttons.length > 2 && record.kind !== 'run'; // all rows of runs are as high
  const summary = summaryOf(record);
  return (
    <li
      className="wb-Row"
      data-testid={`wb-row-${record.kind}-${record.id}`}
      data-state={record.state}
      data-kind={record.kind}
    >
      <div className="wb-Row-head">
        {onChoose && (
          <input
            type="checkbox"
            className="wb-Row-choose"
            checked={isChosen}
            aria-label={`Choose ${title} to compare`}
            data-testid={`wb-choose-${record.id}`}
            onChange={onChoose}
          />
        )}
        <span
          className="wb-Dot"
          data-tone={toneOf(record)}
          role="img"
          aria-label={record.state}
          title={record.state}
        />
        {open ? (
          <button
            type="button"
            className="wb-Row-title wb-mod-link"
            title={open.says}
            onClick={() => void commands.execute(open.command, open.args)}
          >
            {title}
          </button>
        ) : (
          <span className="wb-Row-title">{title}</span>
        )}
        {!hasMany && <span className="wb-Row-actions">{buttons}</span>}
      </div>
      <div
        className="wb-Row-summary"
        title={[summary, record.fields['task']].filter(Boolean).join(' · ')}
      >
        {summary}
      </div>
      <Gauge record={record} />
      {hasMany && <div className="wb-Row-actions">{buttons}</div>}
    </li>
  );
}

/** How far a labeling or a run is, and how a service's traffic is split. */
function Gauge({ record }: { record: IRecord }): React.ReactElement | null {
  const { kind, fields, state } = record;
  if (kind === 'service') {
    const parts = traffic(fields['traffic']);
    return parts.length > 1 ? <Split parts={parts} /> : null;
  }
  if (kind === 'labeling') {
    return <Bar done={Number(fields['n_labeled'] ?? 0)} total={Number(fields['n_items'] ?? 0)} />;
  }
  if (kind === 'run' && state === 'running') {
    const progress = progressOf(fields);
    return progress && <Bar done={progress.done} total={progress.total} />;
  }
  return null;
}

function Bar({ done, total }: { done: number; total: number }): React.ReactElement | null {
  if (!(total > 0)) {
    return null;
  }
  const share = Math.min(100, (100 * done) / total);
  return (
    <div
      className="wb-Bar"
      role="progressbar"
      aria-valuenow={done}
      aria-valuemin={0}
      aria-valuemax={total}
    >
      <span style={{ width: `${share}%` }} />
    </div>
  );
}

function Split({ parts }: { parts: [string, number][] }): React.ReactElement {
  const says = parts.map(([ref, share]) => `${bare(ref)} ${figure(share)} %`).join(', ');
  return (
    <div className="wb-Bar wb-mod-split" role="img" aria-label={`Traffic: ${says}`} title={says}>
      {parts.map(([ref, share]) => (
        <span key={ref} style={{ width: `${share}%` }} />
      ))}
    </div>
  );
}

/** What a click on the name opens. */
function openerOf(record: IRecord): { command: string; args: JSONObject; says: string } | null {
  if (record.kind === 'run') {
    return { command: CommandIDs.openRun, args: { id: record.id }, says: 'Open the run' };
  }
  const project = record.fields['project'];
  if (record.kind === 'labeling' && typeof project === 'string' && project) {
    return {
      command: CommandIDs.openStudio,
      args: { path: `projects/${encodeURIComponent(project)}/data`, title: record.id },
      says: 'Open the project where people label'
    };
  }
  const last = String(record.fields['last_run'] ?? '');
  if (record.kind === 'schedule' && last) {
    const id = last.replace(/^run:/, '');
    return { command: CommandIDs.openRun, args: { id }, says: 'Open its last run' };
  }
  if (record.kind === 'model' && typeof record.fields['run'] === 'string') {
    const id = record.fields['run'].replace(/^run:/, '');
    return { command: CommandIDs.openRun, args: { id }, says: 'Open the run that made it' };
  }
  return { command: CommandIDs.copy, args: { text: record.ref }, says: 'Copy the reference' };
}

function asArgs(action: IAction): JSONObject {
  return action as unknown as JSONObject;
}
