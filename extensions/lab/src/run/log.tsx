/** The log of a run: follows its end until one scrolls up, and finds lines. */
import { searchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { type LogText } from './text';

export function Log({ text }: { text: LogText }): React.ReactElement {
  const [query, setQuery] = React.useState('');
  const [isFollowing, setFollowing] = React.useState(true);
  const box = React.useRef<HTMLDivElement>(null);
  const sought = query.toLowerCase();
  const lines = sought
    ? text.lines.filter(line => line.toLowerCase().includes(sought))
    : text.lines;
  React.useEffect(() => {
    if (isFollowing && box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  });
  const onScroll = () => {
    if (box.current) {
      const { scrollTop, clientHeight, scrollHeight } = box.current;
      setFollowing(scrollTop + clientHeight >= scrollHeight - 24);
    }
  };
  return (
    <section className="wb-Log" aria-label="Log">
      <div className="wb-Log-bar">
        <h3>Log</h3>
        <label className="wb-Search">
          <searchIcon.react tag="span" />
          <input
            type="search"
            placeholder="Find lines"
            aria-label="Find lines in the log"
            value={query}
            onChange={event => setQuery(event.target.value)}
          />
          {sought && <span className="wb-Search-count">{lines.length}</span>}
        </label>
        <label className="wb-Follow">
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={event => setFollowing(event.target.checked)}
          />
          Follow
        </label>
      </div>
      <div
        className="wb-Log-lines"
        ref={box}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        data-testid="wb-log"
      >
        {text.dropped > 0 && !sought && (
          <div className="wb-Log-note">{text.dropped} earlier lines are in log.txt.</div>
        )}
        {lines.map((line, i) => (
          <div key={text.dropped + i}>
            {sought ? <Found line={line} sought={sought} /> : line || ' '}
          </div>
        ))}
        {lines.length === 0 && (
          <div className="wb-Log-note">
            {sought ? 'No line has that.' : text.isEnded ? 'The log is empty.' : 'Nothing yet …'}
          </div>
        )}
      </div>
    </section>
  );
}

function Found({ line, sought }: { line: string; sought: string }): React.ReactElement {
  const at = line.toLowerCase().indexOf(sought);
  return (
    <>
      {line.slice(0, at)}
      <mark>{line.slice(at, at + sought.length)}</mark>
      {line.slice(at + sought.length)}
    </>
  );
}
