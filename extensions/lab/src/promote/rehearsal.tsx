/** How the rehearsal stands, and the reason that lets a promotion go on against it. */
import * as React from 'react';
import { type Tone } from '../texts';
import { type PromoteModel } from './model';
import { type IProblem, pageOf, placeOf, said } from './offer';

export const VERDICTS: Readonly<Record<string, Tone>> = {
  equal: 'good',
  identical: 'good',
  partial: 'good',
  unproven: 'wait',
  different: 'bad',
  failed: 'bad'
};

interface IProps {
  readonly model: PromoteModel;
  readonly openPage: (path: string) => void;
}

export function Rehearsal({ model, openPage }: IProps): React.ReactElement | null {
  const { certificate, isRehearsing, rehearsalTrouble } = model;
  const problem = certificate?.problem;
  return (
    <div className="wb-Checks" data-testid="wb-rehearsal" aria-live="polite">
      {isRehearsing && (
        <p className="wb-Check">
          <span className="wb-Dot" data-tone="busy" />
          Rehearsing small, in a clean process … <span className="wb-Quiet">no need to wait</span>
        </p>
      )}
      {certificate && !isRehearsing && (
        <p className="wb-Check" data-tone={VERDICTS[certificate.verdict]}>
          <span className="wb-Dot" data-tone={VERDICTS[certificate.verdict] ?? 'quiet'} />
          <strong data-testid="wb-rehearsal-verdict">Rehearsal {certificate.verdict}.</strong>{' '}
          {certificate.says} {problem && <Why problem={problem} says={certificate.says} />}{' '}
          {pageOf(certificate) && (
            <button
              type="button"
              className="wb-Link"
              onClick={() => openPage(pageOf(certificate))}
              data-testid="wb-open-certificate"
            >
              Certificate
            </button>
          )}
        </p>
      )}
      {rehearsalTrouble && (
        <p className="wb-Check" data-tone="wait">
          <span className="wb-Dot" data-tone="wait" />
          {rehearsalTrouble}
        </p>
      )}
      {model.isRefused && (
        <label className="wb-Form-field">
          <span className="wb-Form-label">Reason</span>
          <input
            className="jp-mod-styled"
            type="text"
            required
            pattern=".*\S.*"
            placeholder="Why it shall run anyway; the run records it"
            defaultValue={model.override}
            data-testid="wb-field-override"
            onChange={event => model.setOverride(event.target.value)}
          />
        </label>
      )}
    </div>
  );
}

/** Where it went wrong and what to do, as far as the sentence has not said it yet. */
function Why({ problem, says }: { problem: IProblem; says: string }): React.ReactElement {
  const isSaid = says.includes(problem.message.replace(/\.$/, ''));
  return (
    <>
      {placeOf(problem) && <strong>{placeOf(problem)}: </strong>}
      {isSaid ? problem.hint : said(problem)}
    </>
  );
}
