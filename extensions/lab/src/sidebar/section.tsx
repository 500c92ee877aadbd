/** One kind of things: a heading that folds, the newest rows, and what to do when there is none. */
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { iconOf } from '../icons';
import { EMPTY, TITLES } from '../texts';
import { type Kind } from '../tokens';
import { type IViewProps } from './body';
import { Code } from './code';
import { Row } from './row';
import { Runs } from './runs';

/** Rows before 'Show more', and how many that adds. */
const FEW = 6;
const MORE = 50;

export function Section({
  kind,
  model,
  commands
}: IViewProps & { kind: Kind }): React.ReactElement {
  const [isOpen, setOpen] = React.useState(true);
  const [most, setMost] = React.useState(FEW);
  const records = model.list(kind);
  const Icon = iconOf(kind);
  const Caret = isOpen ? caretDownIcon : caretRightIcon;
  const title = TITLES[kind];
  const left = records.length - most;
  return (
    <section className="wb-Section" aria-label={title} data-testid={`wb-section-${kind}`}>
      <h3>
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Caret.react tag="span" className="wb-Caret" />
          <Icon.react tag="span" className="wb-Section-icon" />
          <span className="wb-Section-title">{title}</span>
          {records.length > 0 && (
            <span className="wb-Count">{records.length.toLocaleString('en')}</span>
          )}
        </button>
      </h3>
      {isOpen && kind === 'run' && records.length > 0 && (
        <Runs records={records} model={model} commands={commands} />
      )}
      {isOpen && kind !== 'run' && records.length > 0 && (
        <ul>
          {records.slice(0, most).map(record => (
            <Row key={record.ref} record={record} model={model} commands={commands} />
          ))}
        </ul>
      )}
      {isOpen && kind !== 'run' && left > 0 && (
        <button type="button" className="wb-More" onClick={() => setMost(most + MORE)}>
          Show {Math.min(left, MORE)} more
        </button>
      )}
      {isOpen && records.length === 0 && (
        <div className="wb-Empty">
          <p>{EMPTY[kind].says}</p>
          <Code text={EMPTY[kind].code} commands={commands} />
        </div>
      )}
    </section>
  );
}
