/** The list of runs: a filter, two that are chosen to be compared, and only the rows that are in sight. */
import * as React from 'react';
import { CommandIDs } from '../commands';
import { type IRecord } from '../tokens';
import { type IViewProps } from './body';
import { matches } from './filter';
import { Row } from './row';

/** Every row of a run is as high, so that which ones are in sight is a division. */
const ROW_PX = 52;
/** Rows before 'Show all'. */
const FEW = 6;
/** Rows that are drawn above and below what is in sight. */
const MARGIN = 6;
const MOST_HIGH_PX = 620;

export function Runs({
  records,
  model,
  commands
}: IViewProps & { records: readonly IRecord[] }): React.ReactElement {
  const [query, setQuery] = React.useState('');
  const [isAll, setAll] = React.useState(false);
  const [chosen, setChosen] = React.useState<readonly string[]>([]);
  const found = query ? records.filter(record => matches(record, query)) : records;
  const choose = (id: string) =>
    setChosen(chosen.includes(id) ? chosen.filter(each => each !== id) : [...chosen, id].slice(-2));
  const row = (record: IRecord) => (
    <Row
      key={record.ref}
      record={record}
      model={model}
      commands={commands}
      isChosen={chosen.includes(record.id)}
      onChoose={() => choose(record.id)}
    />
  );
  const isLong = isAll || query !== '';
  return (
    <>
      {records.length > 1 && (
        <input
          type="search"
          className="wb-Filter"
          placeholder="Filter: name, state, idea, user"
          aria-label="Filter the runs"
          data-testid="wb-filter-runs"
          value={query}
          onChange={event => setQuery(event.target.value)}
        />
      )}
      {chosen.length > 0 && (
        <div className="wb-Chosen" data-testid="wb-chosen">
          <span>{chosen.join(' and ')}</span>
          <button
            type="button"
            className="wb-Button"
            disabled={chosen.length !== 2}
            data-testid="wb-compare-chosen"
            onClick={() =>
              void commands.execute(CommandIDs.compare, {
                run: chosen[0] ?? '',
                other: chosen[1] ?? ''
              })
            }
          >
            Compare
          </button>
          <button type="button" className="wb-Button" onClick={() => setChosen([])}>
            Clear
          </button>
        </div>
      )}
      {isLong ? <InSight records={found} row={row} /> : <ul>{found.slice(0, FEW).map(row)}</ul>}
      {query && (
        <p className="wb-Filter-count">
          {found.length.toLocaleString('en')} of {records.length.toLocaleString('en')}
        </p>
      )}
      {!query && records.length > FEW && (
        <button type="button" className="wb-More" onClick={() => setAll(!isAll)}>
          {isAll ? 'Show few' : `Show all ${records.length.toLocaleString('en')}`}
        </button>
      )}
    </>
  );
}

/** A list of any length that draws only what is in sight. */
function InSight(props: {
  records: readonly IRecord[];
  row: (record: IRecord) => React.ReactElement;
}): React.ReactElement {
  const [top, setTop] = React.useState(0);
  const { records, row } = props;
  const height = Math.min(records.length * ROW_PX, MOST_HIGH_PX);
  // A list that became shorter, by its filter, is not scrolled as far as it was.
  const from = Math.min(top, records.length * ROW_PX - height);
  const first = Math.max(0, Math.floor(from / ROW_PX) - MARGIN);
  const last = Math.ceil((from + height) / ROW_PX) + MARGIN;
  return (
    <div
      className="wb-InSight"
      style={{ height }}
      data-testid="wb-all-runs"
      onScroll={event => setTop(event.currentTarget.scrollTop)}
    >
      <ul style={{ height: records.length * ROW_PX, paddingTop: first * ROW_PX }}>
        {records.slice(first, last).map(row)}
      </ul>
    </div>
  );
}
