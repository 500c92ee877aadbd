/** Two runs side by side: only what is different between them. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import * as React from 'react';
import { ago, object } from '../texts';
import { WithFacts } from './facts';
import { type RunModel } from './model';
import { Diff, Grid } from './table';

const TABLES = [
  ['parameters', 'Parameters'],
  ['metrics', 'Metrics'],
  ['results', 'Results'],
  ['data', 'Data'],
  ['environment', 'Environment']
] as const;

export function Compare({ model }: { model: RunModel }): React.ReactElement {
  const others = model.others();
  const { other } = model;
  return (
    <div className="wb-Proof" data-testid="wb-compare">
      <label className="wb-Compare-pick">
        {model.id} beside{' '}
        <select
          className="jp-mod-styled"
          value={other}
          aria-label="Run to compare with"
          data-testid="wb-compare-pick"
          onChange={event => model.show('compare', event.target.value)}
        >
          <option value="">choose a run</option>
          {others.map(run => (
            <option key={run.id} value={run.id}>
              {[run.id, run.fields['title'], run.state, ago(String(run.fields['created'] ?? ''))]
                .filter(Boolean)
                .join(' · ')}
            </option>
          ))}
          {other && !others.some(run => run.id === other) && <option value={other}>{other}</option>}
        </select>
      </label>
      {other && (
        <WithFacts
          key={other}
          read={async () => object(await model.contrast(other))}
          when={[other, model.details?.state]}
        >
          {facts => <Differences facts={facts} left={model.id} right={other} />}
        </WithFacts>
      )}
    </div>
  );
}

function Differences(props: {
  facts: JSONObject;
  left: string;
  right: string;
}): React.ReactElement {
  const rows = (name: string) => {
    const told = props.facts[name];
    return (Array.isArray(told) ? told : []).map(object);
  };
  const code = rows('code');
  const isSame = code.length === 0 && TABLES.every(([name]) => rows(name).length === 0);
  if (isSame) {
    return (
      <p>The two runs have the same parameters, metrics, results, code, data and environment.</p>
    );
  }
  return (
    <>
      {TABLES.map(([name, title]) => (
        <Grid
          key={name}
          title={title}
          testid={`wb-compare-${name}`}
          head={['', props.left, props.right]}
          rows={rows(name).map(row =>
            ['name', 'left', 'right'].map((key): JSONValue => row[key] ?? null)
          )}
        />
      ))}
      {code.length > 0 && (
        <section aria-label="Code" data-testid="wb-compare-code">
          <h3>Code</h3>
          {code.map(row => (
            <div key={String(row['cell'])}>
              <strong>Cell {String(row['cell'])}</strong>
              <Diff text={String(row['diff'])} />
            </div>
          ))}
        </section>
      )}
    </>
  );
}
