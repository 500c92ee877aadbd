/** What the panel of a run shows: state, progress by cell, log, parameters, metrics. */
import { type CommandRegistry } from '@lumino/commands';
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import * as React from 'react';
import { CommandIDs } from '../commands';
import { ago, object, plain, short, span, toneOf } from '../texts';
import { type IRunDetails } from '../tokens';
import { Chart } from './chart';
import { curvesOf } from './curves';
import { Log } from './log';
import { type RunModel } from './model';
import { Progress } from './progress';

interface IProps {
  readonly model: RunModel;
  readonly commands: CommandRegistry;
}

export function RunBody({ model, commands }: IProps): React.ReactElement {
  const { details, problem } = model;
  if (!details) {
    return <div className="wb-Notice wb-mod-quiet">{problem || `Looking for ${model.id} …`}</div>;
  }
  const error = object(details.fields['error']);
  return (
    <div className="wb-Run-body">
      <Head details={details} model={model} commands={commands} />
      {problem && <div className="wb-Notice wb-mod-bad">{problem}</div>}
      {typeof error['message'] === 'string' && (
        <div className="wb-Notice wb-mod-bad" role="alert" data-testid="wb-run-error">
          <strong>{error['message']}</strong>
          {error['hint'] ? <p>{plain(error['hint'])}</p> : null}
        </div>
      )}
      <Progress details={details} />
      <div className="wb-Run-columns">
        <Log text={model.text} />
        <Facts details={details} />
      </div>
    </div>
  );
}

function Head({ details, model, commands }: IProps & { details: IRunDetails }): React.ReactElement {
  const { notebook } = details;
  return (
    <header className="wb-Run-head">
      <div>
        <h2>{details.id}</h2>
        {typeof details.fields['title'] === 'string' && (
          <span className="wb-Run-title">{details.fields['title']}</span>
        )}
        <span className="wb-Pill" data-tone={toneOf(details)} data-testid="wb-run-state">
          {details.state}
        </span>
        <span className="wb-Run-when">{when(details)}</span>
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
            className="wb-Button wb-mod-warn"
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
  const ended = String(details.fields['ended'] ?? '');
  const seconds = (Date.parse(ended || new Date().toISOString()) - Date.parse(created)) / 1000;
  if (Number.isNaN(seconds)) {
    return '';
  }
  return ended ? `took ${span(seconds)}, started ${ago(created)}` : `for ${span(seconds)}`;
}

function Facts({ details }: { details: IRunDetails }): React.ReactElement {
  const curves = curvesOf(details.curve);
  const { fields } = details;
  return (
    <aside className="wb-Facts">
      {curves.length > 0 && (
        <section aria-label="Metrics">
          <h3>Metrics</h3>
          <div className="wb-Charts">
            {curves.map((curve, i) => (
              <Chart key={curve.name} curve={curve} tone={i} />
            ))}
          </div>
        </section>
      )}
      {curves.length === 0 && <Table title="Metrics" values={object(fields['metrics'])} />}
      <Table title="Parameters" values={object(fields['params'])} />
      <Table title="Made from" values={object(fields['inputs'])} />
      {typeof fields['model'] === 'string' && fields['model'] && (
        <Table title="Result" values={{ model: fields['model'] }} />
      )}
    </aside>
  );
}

function Table({
  title,
  values
}: {
  title: string;
  values: JSONObject;
}): React.ReactElement | null {
  const rows = Object.entries(values);
  if (rows.length === 0) {
    return null;
  }
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl>
        {rows.map(([name, value]) => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd title={plain(value as JSONValue)}>{short(plain(value as JSONValue))}</dd>
          </React.Fragment>
        ))}
      </dl>
    </section>
  );
}
