/** Where and with what a job ran: its order, interpreter, packages, threads, and what it cost beside what was foreseen. */
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import * as React from 'react';
import { costText } from '../promote/offer';
import { object, plain, span } from '../texts';
import { type IRunDetails } from '../tokens';
import { Table } from './table';

export function Setting(props: { details: IRunDetails; facts: JSONObject }): React.ReactElement {
  const { facts } = props;
  const packages = object(facts['packages']);
  const cpu = object(facts['cpu']);
  return (
    <div className="wb-Proof wb-Setting wb-Facts" data-testid="wb-environment">
      <Table title="Order" values={orderOf(props.details.fields)} />
      <Table title="Cost" values={costOf(props.details.fields)} />
      <Table
        title={facts['is_seen'] ? 'Machine' : 'Machine of the promotion'}
        values={{
          python: facts['python'] ?? '',
          cpu: cpu['model'] ?? '',
          cores: cpu['cores'] ?? '',
          capability: cpu['capability'] ?? '',
          gpus: Array.isArray(facts['gpus']) && facts['gpus'].length ? facts['gpus'] : ''
        }}
      />
      <Table title="Threads" values={object(facts['threads'])} />
      <Table title="Seed" values={object(facts['seed'])} />
      <Table title="Variables" values={object(facts['variables'])} />
      <Table title="Versions" values={object(facts['pins'])} />
      <Packages packages={packages} />
    </div>
  );
}

function Packages({ packages }: { packages: JSONObject }): React.ReactElement | null {
  const [isOpen, setOpen] = React.useState(false);
  const count = Object.keys(packages).length;
  if (count === 0) {
    return null;
  }
  return (
    <section aria-label="Packages">
      <button type="button" className="wb-Link" onClick={() => setOpen(!isOpen)}>
        {isOpen ? 'Hide' : 'Show'} {count} packages
      </button>
      {isOpen && <Table title="Packages" values={packages} />}
    </section>
  );
}

/** What was asked for; what is as usual is left out. */
function orderOf(fields: JSONObject): JSONObject {
  const order = object(fields['order']);
  const usual: JSONObject = { workers: 1, cpus: 1, engine: 'auto' };
  const asked = Object.entries(order).filter(
    ([name, value]) => value && usual[name] !== value && !(Array.isArray(value) && !value.length)
  );
  return {
    user: fields['user'] ?? '',
    where: String(order['at'] ?? '') || 'this machine',
    ...Object.fromEntries(asked.filter(([name]) => name !== 'at')),
    attempts: fields['attempt'] ?? '',
    bundle: fields['bundle'] ?? ''
  };
}

function costOf(fields: JSONObject): JSONObject {
  const estimate = object(fields['estimate']);
  const score = object(fields['score']);
  const seconds = (value: JSONValue | undefined) => (typeof value === 'number' ? span(value) : '');
  const range =
    typeof estimate['low'] === 'number'
      ? ` (${seconds(estimate['low'])} to ${seconds(estimate['high'])})`
      : '';
  const error = score['error'];
  return {
    foreseen: estimate['seconds'] === undefined ? '' : `${seconds(estimate['seconds'])}${range}`,
    'took in fact': seconds(score['actual_s']),
    'estimate off by': typeof error === 'number' ? `${Math.round(100 * error)} %` : '',
    basis: estimate['basis'] ?? '',
    cost: costText(fields['cost']) || plainOrEmpty(fields['cost'])
  };
}

function plainOrEmpty(value: JSONValue | undefined): string {
  return value ? plain(value) : '';
}
