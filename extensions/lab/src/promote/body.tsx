/** The form of a promotion: what runs, its parameters, where, what it will take, and what keeps it from running. */
import { type JSONObject } from '@lumino/coreutils';
import * as React from 'react';
import { Field, type IField } from '../dialogs/input';
import { type PromoteModel, ORDER } from './model';
import {
  estimateText,
  type IProblem,
  placeOf,
  problemOf,
  said,
  targetText,
  unplaced,
  whatRuns
} from './offer';
import { bare } from '../texts';
import { Rehearsal } from './rehearsal';

const OTHER = 'other';
/** Order fields that are always shown; the others are folded. */
const FIRST = 2;
const NO_PARAMETERS = "Tag a cell with 'parameters' to change its values here.";

interface IProps {
  readonly model: PromoteModel;
  readonly openPage: (path: string) => void;
}

export function PromoteBody({ model, openPage }: IProps): React.ReactElement {
  const { offer, fields, subject } = model;
  const named = [
    ...fields.flatMap(field => [field.name, `parameters.${field.name}`]),
    ...ORDER.map(field => field.name),
    'at'
  ];
  const orderProblem = (field: IField) =>
    fields.some(each => each.name === field.name) ? '' : problemOf(offer, field.name);
  return (
    <>
      <Choice model={model} />
      <Cells model={model} />
      {fields.map(field => (
        <Field
          key={`${field.name}:${field.type}`}
          field={field}
          value={model.valueOf(field)}
          problem={
            problemOf(offer, field.name) ||
            problemOf(offer, `parameters.${field.name}`) ||
            undefined
          }
          onChange={value => model.set(field.name, value)}
        />
      ))}
      {fields.length === 0 && <p className="wb-Form-note">{NO_PARAMETERS}</p>}
      <hr />
      <Target model={model} />
      <Order fields={ORDER.slice(0, FIRST)} model={model} problem={orderProblem} />
      <Fold label="More" testid="wb-promote-more">
        <Order fields={ORDER.slice(FIRST)} model={model} problem={orderProblem} />
      </Fold>
      <hr />
      <Checks model={model} problems={unplaced(offer, named)} />
      <Rehearsal model={model} openPage={openPage} />
      {offer?.versions.is_behind && offer.versions.newest_run && (
        <p className="wb-Form-note">
          The notebook has changed since {bare(offer.versions.newest_run)}; this run takes it as it
          is now.
        </p>
      )}
      {subject.count === 0 && <p className="wb-Form-note">The notebook has no code yet.</p>}
    </>
  );
}

function Choice({ model }: { model: PromoteModel }): React.ReactElement | null {
  const { choices } = model.subject;
  if (choices.length < 2) {
    return null;
  }
  const field: IField = {
    name: 'cells',
    label: 'What runs',
    type: 'choice',
    value: model.cells,
    choices
  };
  return <Field field={field} value={model.cells} onChange={value => model.setCells(value)} />;
}

function Cells({ model }: { model: PromoteModel }): React.ReactElement {
  const { offer, subject, cells } = model;
  const says = whatRuns(offer, cells, subject.count);
  if (!offer?.cells.length || !cells) {
    return (
      <p className="wb-Form-says" data-testid="wb-promote-says">
        {says}
      </p>
    );
  }
  return (
    <div>
      <p className="wb-Form-says" data-testid="wb-promote-says">
        {says}
      </p>
      <Fold label="Which, and why" testid="wb-promote-why">
        <table className="wb-Table">
          <tbody>
            {offer.cells.map(each => (
              <tr key={each.cell} className={each.taken ? '' : 'wb-mod-quiet'}>
                <td>{each.cell}</td>
                <td>{each.taken ? '✓' : ''}</td>
                <td>{each.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Fold>
    </div>
  );
}

function Target({ model }: { model: PromoteModel }): React.ReactElement {
  const [isOther, setOther] = React.useState(false);
  const offered = model.offer?.targets ?? [];
  const here = offered.find(each => each.at === '') ?? { at: '', label: 'This machine' };
  const others = offered.filter(each => each.at !== '');
  const choices = [here, ...others].map(each => ({ value: each.at, label: targetText(each) }));
  const field: IField = {
    name: 'order-at',
    label: 'Where',
    type: 'choice',
    value: '',
    choices: [...choices, { value: OTHER, label: 'Another cluster …' }]
  };
  const problem = problemOf(model.offer, 'at');
  return (
    <>
      <Field
        key={choices.map(each => each.label).join()}
        field={field}
        value={isOther ? OTHER : model.at}
        problem={isOther ? undefined : problem}
        onChange={value => {
          setOther(value === OTHER);
          model.setAt(value === OTHER ? '' : value);
        }}
      />
      {isOther && (
        <Field
          field={{
            name: 'order-address',
            label: 'Address',
            type: 'text',
            value: '',
            placeholder: 'http://head:8265'
          }}
          value={model.at}
          problem={problem}
          onChange={value => model.setAt(value.trim())}
        />
      )}
    </>
  );
}

function Order(props: {
  fields: readonly IField[];
  model: PromoteModel;
  problem: (field: IField) => string;
}): React.ReactElement {
  return (
    <div className="wb-Form-pairs">
      {props.fields.map(field => (
        <Field
          key={field.name}
          field={{ ...field, name: `order-${field.name}` }}
          value={props.model.orderOf(field)}
          problem={props.problem(field)}
          onChange={value => props.model.setOrder(field.name, value)}
        />
      ))}
    </div>
  );
}

function Checks(props: { model: PromoteModel; problems: IProblem[] }): React.ReactElement {
  const { offer, trouble, isLooking } = props.model;
  const missing = offer?.secrets.filter(each => !each.is_set).map(each => each.name) ?? [];
  const carried = offer?.files.filter(
    each => !/^(notebook\.ipynb|requirements\.lock|Containerfile)$/.test(each.name)
  );
  return (
    <div className="wb-Checks" data-testid="wb-checks" aria-live="polite">
      {props.problems.map(each => (
        <Said key={each.message} problem={each} tone="bad" />
      ))}
      {offer?.warnings.map(each => (
        <Said key={each.message} problem={each} tone="wait" />
      ))}
      {trouble && <Said problem={{ message: trouble }} tone="wait" />}
      {missing.length > 0 && (
        <Said problem={{ message: `Not set here: ${missing.join(', ')}.` }} tone="wait" />
      )}
      {offer && offer.problems.length === 0 && (
        <p className="wb-Check" data-tone="good">
          <span className="wb-Dot" data-tone="good" />
          Nothing keeps it from running
          {carried?.length ? `; it carries ${carried.map(each => each.name).join(', ')}` : ''}.
          {Object.keys(offer.pins).length > 0 && ` Uses ${pinned(offer.pins)}.`}
        </p>
      )}
      {!offer && isLooking && (
        <p className="wb-Check" data-tone="quiet">
          <span className="wb-Dot" data-tone="busy" />
          Looking at what it needs …
        </p>
      )}
      {offer?.estimate && (
        <p className="wb-Check" title={offer.estimate.basis} data-testid="wb-estimate">
          <span className="wb-Dot" data-tone="quiet" />
          {estimateText(offer.estimate)} <span className="wb-Quiet">{offer.estimate.basis}</span>
        </p>
      )}
    </div>
  );
}

function pinned(pins: JSONObject): string {
  return Object.values(pins)
    .map(ref =>
      String(ref)
        .replace(/^[a-z]+:/, '')
        .replace(/#.*$/, '')
    )
    .join(', ');
}

function Said({ problem, tone }: { problem: IProblem; tone: string }): React.ReactElement {
  const place = placeOf(problem);
  return (
    <p className={`wb-Check${tone === 'bad' ? ' jp-mod-error' : ''}`} data-tone={tone}>
      <span className="wb-Dot" data-tone={tone} />
      {place && <strong>{place}: </strong>}
      {said(problem)}
    </p>
  );
}

/** A button, not a `<details>`: JupyterLab's dialog takes Enter on a summary for Confirm. */
function Fold(
  props: React.PropsWithChildren<{ label: string; testid: string }>
): React.ReactElement {
  const [isOpen, setOpen] = React.useState(false);
  return (
    <div className="wb-Fold">
      <button
        type="button"
        className="wb-Fold-button"
        aria-expanded={isOpen}
        data-testid={props.testid}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? '▾' : '▸'} {props.label}
      </button>
      {isOpen && props.children}
    </div>
  );
}
