/** What a tab asks the server for: read when it is opened and when the run has changed, with a word while that takes. */
import { type JSONObject } from '@lumino/coreutils';
import * as React from 'react';
import { told } from '../problems';

interface IProps {
  readonly read: () => Promise<JSONObject>;
  /** Read again when one of these has changed. */
  readonly when: readonly unknown[];
  /** Say nothing while there is nothing to show. */
  readonly isQuiet?: boolean;
  readonly children: (facts: JSONObject) => React.ReactElement;
}

export function WithFacts({ read, when, isQuiet, children }: IProps): React.ReactElement | null {
  const [facts, setFacts] = React.useState<JSONObject | null>(null);
  const [problem, setProblem] = React.useState('');
  React.useEffect(() => {
    let isCurrent = true;
    read().then(
      made => {
        if (isCurrent) {
          setFacts(made);
          setProblem('');
        }
      },
      error => isCurrent && setProblem(told(error))
    );
    return () => {
      isCurrent = false;
    };
  }, when);
  if (isQuiet && (problem || !facts)) {
    return null;
  }
  if (problem) {
    return <div className="wb-Notice wb-mod-quiet">{problem}</div>;
  }
  return facts ? children(facts) : <div className="wb-Notice wb-mod-quiet">Reading …</div>;
}
