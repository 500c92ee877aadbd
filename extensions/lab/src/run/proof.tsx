/** The certificate of a run's rehearsal and the verdict of running it again: the sentence first, then what was compared. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import * as React from 'react';
import { VERDICTS } from '../promote/rehearsal';
import { ago, capital, object, plain, span } from '../texts';
import { Diff, Grid } from './table';

interface IProps {
  readonly facts: JSONObject;
  readonly url: string;
}

export function Certificate(props: IProps & { override: JSONValue | undefined }) {
  const { facts } = props;
  const signature = object(facts['signature']);
  return (
    <div className="wb-Proof" data-testid="wb-certificate">
      <Sentence {...props} title="Rehearsed before it ran" />
      {props.override && (
        <div className="wb-Notice">
          <strong>It was promoted anyway: </strong>
          {plain(props.override)}
        </div>
      )}
      <Compared rows={rowsOf(facts['cells'])} />
      <Grid title="Results" head={['name', 'state', 'why']} rows={stated(facts['results'])} />
      <p className="wb-Quiet">
        {[
          facts['made'] && `Made ${ago(String(facts['made']))}`,
          facts['by'] && `by ${plain(facts['by'])}`,
          typeof facts['seconds'] === 'number' && `in ${span(facts['seconds'])}`,
          signature['key'] &&
            `signed with ${plain(signature['algorithm'])} ${plain(signature['key']).slice(0, 16)}`
        ]
          .filter(Boolean)
          .join(', ')}
      </p>
    </div>
  );
}

export function Verdict(props: IProps): React.ReactElement {
  const { facts } = props;
  const causes = rowsOf(facts['causes']);
  return (
    <div className="wb-Proof" data-testid="wb-verdict">
      <Sentence {...props} title="Run again and compared" />
      <Grid
        title="Why"
        head={['cause', 'detail']}
        rows={causes.map(row => [row['cause'] ?? '', row['detail'] ?? ''] as JSONValue[])}
      />
      <Compared rows={rowsOf(facts['cells'])} />
      <Grid
        title="Metrics"
        head={['metric', 'before', 'again']}
        rows={rowsOf(facts['metrics']).map(row => three(row, 'name', 'before', 'again'))}
      />
      <Grid
        title="Artifacts"
        head={['artifact', 'state', 'before', 'again']}
        rows={rowsOf(facts['artifacts']).map(
          row => [...three(row, 'name', 'state', 'before'), row['again'] ?? null] as JSONValue[]
        )}
      />
    </div>
  );
}

function Sentence({ facts, url, title }: IProps & { title: string }): React.ReactElement {
  const verdict = String(facts['verdict'] ?? '');
  const cause = String(facts['cause'] ?? '');
  return (
    <header className="wb-Proof-head">
      <span
        className="wb-Pill"
        data-tone={VERDICTS[verdict] ?? 'quiet'}
        data-testid="wb-proof-verdict"
      >
        {verdict}
        {cause && `: ${cause}`}
      </span>
      <div>
        <strong>{title}.</strong> {capital(String(facts['says'] ?? ''))}
      </div>
      <a className="wb-Button" href={url} target="_blank" rel="noopener noreferrer">
        Open the page
      </a>
    </header>
  );
}

/** The cells that were compared; those that differ show how. */
function Compared({ rows }: { rows: readonly JSONObject[] }): React.ReactElement | null {
  if (rows.length === 0) {
    return null;
  }
  return (
    <section aria-label="Cells">
      <h3>Cells</h3>
      {rows.map(row => (
        <div key={String(row['cell'])} className="wb-Compared">
          <span className="wb-Dot" data-tone={toneOf(String(row['state']))} />
          <strong>Cell {String(row['cell'])}</strong> {String(row['state'])}
          {row['why'] ? `: ${plain(row['why'])}` : ''}
          {typeof row['diff'] === 'string' && row['diff'] && <Diff text={row['diff']} />}
        </div>
      ))}
    </section>
  );
}

function toneOf(state: string): string {
  return VERDICTS[state] ?? 'quiet';
}

function stated(value: JSONValue | undefined): JSONValue[][] {
  return rowsOf(value).map(row => three(row, 'name', 'state', 'why'));
}

function three(row: JSONObject, ...names: string[]): JSONValue[] {
  return names.map(name => row[name] ?? null);
}

function rowsOf(value: JSONValue | undefined): JSONObject[] {
  return (Array.isArray(value) ? value : []).map(object);
}
