/** The cells of a job: state, seconds, and the code that ran. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import * as React from 'react';
import { object, span, toneOfState } from '../texts';

export function Cells({ cells }: { cells: JSONValue | undefined }): React.ReactElement {
  const rows = (Array.isArray(cells) ? cells : []).map(object);
  const longest = Math.max(0.001, ...rows.map(row => Number(row['seconds'] ?? 0)));
  if (rows.length === 0) {
    return <div className="wb-Notice wb-mod-quiet">This run has no cells.</div>;
  }
  return (
    <div className="wb-Cells" data-testid="wb-cells">
      {rows.map(row => (
        <Cell key={String(row['cell'])} row={row} longest={longest} />
      ))}
    </div>
  );
}

function Cell({ row, longest }: { row: JSONObject; longest: number }): React.ReactElement {
  const [isOpen, setOpen] = React.useState(false);
  const state = String(row['state'] ?? 'pending');
  const seconds = typeof row['seconds'] === 'number' ? row['seconds'] : null;
  const source = String(row['source'] ?? '');
  const lines = source.split('\n');
  return (
    <div className="wb-Cell" data-state={state}>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="wb-Cell-number">{String(row['cell'])}</span>
        <span className="wb-Dot" data-tone={toneOfState(state)} title={state} />
        <code>{lines.find(line => line.trim()) ?? ''}</code>
        <span className="wb-Cell-time">{seconds === null ? state : span(seconds)}</span>
        <span className="wb-Cell-bar" aria-hidden="true">
          <span style={{ width: `${(100 * (seconds ?? 0)) / longest}%` }} />
        </span>
      </button>
      {isOpen && <pre>{source}</pre>}
    </div>
  );
}
