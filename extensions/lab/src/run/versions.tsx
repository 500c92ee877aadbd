/** Which version of the notebook runs, and how far the notebook has gone on since. */
import * as React from 'react';
import { object } from '../texts';
import { type IRunDetails } from '../tokens';
import { WithFacts } from './facts';
import { type RunModel } from './model';
import { Diff } from './table';

/** The notebook may be saved at any time; this looks again so often. */
const AGAIN_MS = 5000;

export function Versions(props: { model: RunModel; details: IRunDetails }): React.ReactElement {
  const [isOpen, setOpen] = React.useState(false);
  const [turn, setTurn] = React.useState(0);
  React.useEffect(() => {
    const timer = setInterval(() => !document.hidden && setTurn(n => n + 1), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <WithFacts
      read={() => props.model.facts('versions')}
      when={[turn, props.details.state]}
      isQuiet
    >
      {facts => {
        const code = (Array.isArray(facts['code']) ? facts['code'] : []).map(object);
        return (
          <div className="wb-Versions" data-testid="wb-versions">
            {String(facts['says'] ?? '')}{' '}
            {code.length > 0 && (
              <button
                type="button"
                className="wb-Link"
                aria-expanded={isOpen}
                data-testid="wb-versions-diff"
                onClick={() => setOpen(!isOpen)}
              >
                {isOpen ? 'Hide the difference' : 'Show the difference'}
              </button>
            )}
            {isOpen &&
              code.map(row => (
                <div key={String(row['cell'])}>
                  <strong>Cell {String(row['cell'])}</strong>
                  <Diff text={String(row['diff'])} />
                </div>
              ))}
          </div>
        );
      }}
    </WithFacts>
  );
}
