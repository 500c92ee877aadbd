/** Names with their values, and differences as text: the two plain views that most tabs are made of. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import * as React from 'react';
import { plain, short } from '../texts';

export function Table(props: { title: string; values: JSONObject }): React.ReactElement | null {
  const rows = Object.entries(props.values).filter(([, value]) => value !== '' && value !== null);
  if (rows.length === 0) {
    return null;
  }
  return (
    <section aria-label={props.title}>
      <h3>{props.title}</h3>
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

/** Rows under a head; a value that is no text is shown as one reads it. */
export function Grid(props: {
  title: string;
  head: readonly string[];
  rows: readonly (readonly JSONValue[])[];
  testid?: string;
}): React.ReactElement | null {
  if (props.rows.length === 0) {
    return null;
  }
  return (
    <section aria-label={props.title} data-testid={props.testid}>
      <h3>{props.title}</h3>
      <table className="wb-Table">
        <thead>
          <tr>
            {props.head.map(name => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, i) => (
            <tr key={i}>
              {row.map((value, j) => (
                <td key={j} title={plain(value)}>
                  {short(plain(value))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A unified difference, its lines coloured by what became of them. */
export function Diff({ text }: { text: string }): React.ReactElement {
  return (
    <pre className="wb-Diff">
      {text.split('\n').map((line, i) => (
        <span key={i} data-tone={toneOfLine(line)}>
          {line}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

function toneOfLine(line: string): string {
  if (/^(\+\+\+|---|@@)/.test(line)) {
    return 'quiet';
  }
  return line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : '';
}
