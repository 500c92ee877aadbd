import assert from 'node:assert/strict';
import test from 'node:test';
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import { PromoteModel } from '../src/promote/model';
import {
  estimateText,
  fieldsOf,
  isRefused,
  offerOf,
  placeOf,
  problemOf,
  ranges,
  unplaced,
  whatRuns
} from '../src/promote/offer';

const OFFER: JSONObject = {
  ok: true,
  problems: [],
  cells: [
    { cell: 1, taken: true, why: 'parameters' },
    { cell: 2, taken: false, why: 'nothing that runs needs it' }
  ],
  parameters: [
    { name: 'epochs', type: 'int', default: 4 },
    { name: 'sizes', type: 'list', default: [1, 2] },
    { name: 'workers', type: 'str', default: 'ada' }
  ]
};
const CERTIFICATE: JSONObject = { bundle: 'ab12', verdict: 'equal', says: 'All is equal.' };

const settled = () => new Promise(resolve => setTimeout(resolve, 20));

function made(answers: Record<string, (args: JSONObject) => JSONValue>, cells = '') {
  const asked: [string, JSONObject][] = [];
  const subject = {
    notebook: 'train.ipynb',
    count: 2,
    choices: [],
    cells,
    found: [
      { name: 'epochs', label: 'epochs', type: 'integer' as const, value: 4, help: 'passes' }
    ],
    saved: Promise.resolve()
  };
  const model = new PromoteModel(
    subject,
    async (verb, args) => {
      asked.push([verb, args]);
      return (answers[verb] ?? (() => ({})))(args);
    },
    1
  );
  return { model, asked };
}

test('cells are numbered as one writes them', () => {
  assert.equal(ranges([8, 3, 4, 5, 4]), '3-5,8');
  assert.equal(ranges([]), '');
});

test('parameters are typed by the server and explained by the notebook', () => {
  const found = [
    { name: 'epochs', label: 'epochs', type: 'text' as const, value: '4', help: 'passes' },
    { name: 'data', label: 'data', type: 'fixed' as const, value: 'ws.dataset("caps")' }
  ];
  assert.deepEqual(
    fieldsOf(offerOf(OFFER), found).map(f => [f.name, f.type, f.help]),
    [
      ['epochs', 'integer', 'passes'],
      ['sizes', 'json', undefined],
      ['workers', 'text', undefined],
      ['data', 'fixed', undefined]
    ]
  );
});

test('a problem stands at its field, the others with their cell and line', () => {
  const offer = offerOf({
    problems: [
      { message: '`epochs` must be 1 or more.', field: 'epochs' },
      { message: "No module 'helpers'.", hint: 'Put it here.', cell: 2, line: 3 }
    ]
  });
  assert.equal(problemOf(offer, 'epochs').trim(), '`epochs` must be 1 or more.');
  assert.deepEqual(unplaced(offer, ['epochs']).map(placeOf), ['Cell 2, line 3']);
});

test('one sentence says what runs', () => {
  assert.ok(/^All 3 code cells run/.test(whatRuns(null, '', 3)));
  assert.ok(/^1 of 2 code cells run: cells 1/.test(whatRuns(offerOf(OFFER), '1', 2)));
  assert.ok(/the cells tagged 'train'/.test(whatRuns(offerOf(OFFER), 'train', 2)));
});

test('an estimate has its interval', () => {
  const estimate = { seconds: 40, low: 30, high: 400, cost: { cpu_s: 900 }, basis: '' };
  assert.equal(estimateText(estimate), 'About 40 s (30 s to 7 min), 0.250 CPU hours');
});

test('only what was changed is promoted, and the run takes the chosen cells', async () => {
  const { model, asked } = made({ preflight: () => OFFER, rehearse: () => CERTIFICATE }, '1');
  model.start();
  await settled();
  model.set('epochs', '7');
  model.set('workers', 'bob');
  model.setOrder('workers', '2');
  model.setOrder('after', 'job-1, job-2');
  await settled();
  const parameters = { epochs: 7, workers: 'bob' };
  assert.deepEqual(model.arguments(), {
    notebook: 'train.ipynb',
    parameters,
    cells: '1',
    workers: 2,
    after: ['job-1', 'job-2']
  });
  const [verb, args] = asked[asked.length - 1] ?? ['', {}];
  assert.deepEqual([verb, args['parameters'], args['after']], ['preflight', parameters, undefined]);
  assert.equal(asked.filter(([name]) => name === 'rehearse').length, 1);
});

test('nothing is rehearsed while there are problems', async () => {
  let problems: JSONValue = [{ message: 'no' }];
  const { model, asked } = made({
    preflight: () => ({ ...OFFER, problems }),
    rehearse: () => CERTIFICATE
  });
  model.start();
  await settled();
  assert.deepEqual(
    asked.map(([name]) => name),
    ['preflight']
  );
  problems = [];
  model.set('epochs', '5');
  await settled();
  assert.equal(model.certificate?.verdict, 'equal');
});

test('a rehearsal that came out otherwise wants a reason, which goes along', async () => {
  const { model } = made({
    preflight: () => OFFER,
    rehearse: () => ({ ...CERTIFICATE, verdict: 'different' })
  });
  model.start();
  await settled();
  assert.ok(isRefused(model.certificate));
  assert.equal(model.arguments()['override'], undefined);
  model.setOverride('a new seed');
  assert.equal(model.arguments()['override'], 'a new seed');
});

test('a server that cannot check keeps nobody from promoting', async () => {
  const { model } = made({
    preflight: () => {
      throw new Error('no answer');
    }
  });
  model.start();
  await settled();
  assert.equal(model.trouble, 'no answer');
  assert.deepEqual(model.arguments(), { notebook: 'train.ipynb', parameters: {} });
});
