/** What the panel of a run shows: its head, how far it is, and a tab for each thing one wants to know. */
import { type CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import { object, plain } from '../texts';
import { type IRunDetails } from '../tokens';
import { Cells } from './cells';
import { Chart } from './chart';
import { Compare } from './compare';
import { curvesOf } from './curves';
import { WithFacts } from './facts';
import { Files } from './files';
import { Head } from './head';
import { Log } from './log';
import { type RunModel } from './model';
import { Progress } from './progress';
import { Certificate, Verdict } from './proof';
import { Setting } from './setting';
import { Table } from './table';
import { Versions } from './versions';

interface IProps {
  readonly model: RunModel;
  readonly commands: CommandRegistry;
}

interface IViewProps {
  readonly model: RunModel;
  readonly details: IRunDetails;
}

/** The tabs in their order; a training in a kernel has no bundle, so it has no proof of one. */
const TABS = [
  { name: 'log', label: 'Log', isOfJobs: false, view: LogTab },
  { name: 'cells', label: 'Cells', isOfJobs: true, view: CellsTab },
  { name: 'metrics', label: 'Metrics', isOfJobs: false, view: MetricsTab },
  { name: 'certificate', label: 'Certificate', isOfJobs: true, view: CertificateTab },
  { name: 'verdict', label: 'Verdict', isOfJobs: true, view: VerdictTab },
  { name: 'compare', label: 'Compare', isOfJobs: false, view: CompareTab },
  { name: 'files', label: 'Files', isOfJobs: false, view: FilesTab },
  { name: 'environment', label: 'Environment', isOfJobs: true, view: EnvironmentTab }
] as const;

export function RunBody({ model, commands }: IProps): React.ReactElement {
  const { details, problem } = model;
  if (!details) {
    return <div className="wb-Notice wb-mod-quiet">{problem || `Looking for ${model.id} …`}</div>;
  }
  const error = object(details.fields['error']);
  const tabs = TABS.filter(tab => !tab.isOfJobs || Boolean(details.fields['bundle']));
  const shown = tabs.find(tab => tab.name === model.tab) ?? TABS[0];
  const View = shown.view;
  return (
    <div className="wb-Run-body">
      <Head details={details} model={model} commands={commands} />
      {problem && <div className="wb-Notice wb-mod-bad">{problem}</div>}
      {typeof error['message'] === 'string' && (
        <div className="wb-Notice wb-mod-bad" role="alert" data-testid="wb-run-error">
          <strong>{error['message']}</strong>
          {error['hint'] ? <p>{plain(error['hint'])}</p> : null}
        </div>
      )}
      <Progress details={details} />
      {Boolean(details.fields['bundle']) && <Versions model={model} details={details} />}
      <div className="wb-Tabs" role="tablist">
        {tabs.map(tab => (
          <button
            key={tab.name}
            type="button"
            role="tab"
            aria-selected={tab === shown}
            data-testid={`wb-tab-${tab.name}`}
            onClick={() => model.show(tab.name)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div className="wb-Run-view" role="tabpanel" aria-label={shown.label} data-tab={shown.name}>
        <View model={model} details={details} />
      </div>
    </div>
  );
}

function LogTab({ model, details }: IViewProps): React.ReactElement {
  return (
    <div className="wb-Run-columns">
      <Log text={model.text} />
      <Facts details={details} />
    </div>
  );
}

function CellsTab({ model, details }: IViewProps): React.ReactElement {
  return (
    <WithFacts read={() => model.facts('cells')} when={[details.seq]}>
      {facts => <Cells cells={facts['cells']} />}
    </WithFacts>
  );
}

function MetricsTab({ details }: IViewProps): React.ReactElement {
  const curves = curvesOf(details.curve);
  const results = object(details.fields['results']);
  return (
    <div className="wb-Proof">
      <Table title="Results" values={results} />
      <div className="wb-Charts wb-mod-large">
        {curves.map((curve, i) => (
          <Chart key={curve.name} curve={curve} tone={i} />
        ))}
      </div>
      {curves.length === 0 && <Table title="Metrics" values={object(details.fields['metrics'])} />}
      {curves.length === 0 && (
        <p className="wb-Quiet">Each step of a training is drawn here while it works.</p>
      )}
    </div>
  );
}

function CertificateTab({ model, details }: IViewProps): React.ReactElement {
  if (!details.fields['certificate']) {
    return <div className="wb-Notice wb-mod-quiet">This run was not rehearsed.</div>;
  }
  return (
    <WithFacts
      read={() => model.facts('certificate')}
      when={[details.fields['certificate'], details.fields['bundle']]}
    >
      {facts => (
        <Certificate
          facts={facts}
          url={model.url('certificate.html')}
          override={details.fields['override']}
        />
      )}
    </WithFacts>
  );
}

function VerdictTab({ model, details }: IViewProps): React.ReactElement {
  const told = details.fields['verdict'] ? JSON.stringify(details.fields['verdict']) : '';
  if (model.isBusy('verify')) {
    return <div className="wb-Notice wb-mod-quiet">It runs again, to be compared …</div>;
  }
  if (!told) {
    return (
      <div className="wb-Notice wb-mod-quiet">
        Nobody has verified this run. Verify runs it once more in a copy of the workspace, and tells
        whether it comes to the same.
      </div>
    );
  }
  return (
    <WithFacts read={() => model.facts('verdict')} when={[told]}>
      {facts => <Verdict facts={facts} url={model.url('verdict.html')} />}
    </WithFacts>
  );
}

function CompareTab({ model }: IViewProps): React.ReactElement {
  return <Compare model={model} />;
}

function FilesTab({ model, details }: IViewProps): React.ReactElement {
  return (
    <WithFacts read={() => model.facts('files')} when={[details.state]}>
      {facts => <Files facts={facts} url={path => model.url(path)} />}
    </WithFacts>
  );
}

function EnvironmentTab({ model, details }: IViewProps): React.ReactElement {
  return (
    <WithFacts read={() => model.facts('environment')} when={[details.state]}>
      {facts => <Setting details={details} facts={facts} />}
    </WithFacts>
  );
}

function Facts({ details }: { details: IRunDetails }): React.ReactElement {
  const curves = curvesOf(details.curve);
  const { fields } = details;
  const model = fields['model'];
  return (
    <aside className="wb-Facts">
      {curves.length > 0 && (
        <section aria-label="Metrics">
          <h3>Metrics</h3>
          <div className="wb-Charts">
            {curves.map((curve, i) => (
              <Chart key={curve.name} curve={curve} tone={i} />
            ))}
          </div>
        </section>
      )}
      {curves.length === 0 && <Table title="Metrics" values={object(fields['metrics'])} />}
      <Table title="Results" values={object(fields['results'])} />
      <Table title="Parameters" values={object(fields['params'])} />
      <Table title="Made from" values={object(fields['inputs'])} />
      {typeof model === 'string' && model && <Table title="Model" values={{ model }} />}
    </aside>
  );
}
