import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN, KEY, SECRET, scene } from '../testing/fake-ledger.ts';

const ID = '5'.repeat(32);
const held = {
  id: ID,
  service: 'service-1',
  node: 'alpha',
  incarnation: '4'.repeat(32),
  chain: CHAIN,
  key: KEY,
  duty: 'babe',
  point: { epoch: 'e', seq: '9', hash: 'ab', unit: '44', part: 'seal', nonce: 'n', top: '45' },
  why: 'entry 9 is remembered; the store is at entry 7',
  state: 'held',
  freed: [`${CHAIN} ${KEY}`],
  released: null,
};
const old = {
  ...held,
  id: 'node:bravo',
  node: 'bravo',
  chain: '',
  key: '',
  duty: '',
  point: null,
  state: 'released',
  released: { how: 'operator', by: 'ada', reason: 'a copy' },
};
const answers = {
  'GET /v1/rollback-reports': { status: 200, body: { reports: [held, old] } },
  [`POST /v1/rollback-reports/${ID}/release`]: { status: 204, body: null },
  'POST /v1/rollback-reports/node%3Abravo/release': {
    status: 409,
    body: {
      type: 'x',
      title: 'report released',
      status: 409,
      detail: 'rollback report node:bravo is released already',
      code: 'report-released',
      remedy: 'List them with `watchbill rollback-report list`.',
    },
  },
};

test('list shows held keys, the floor that frees each, and how a report ended', async (t) => {
  const { run } = await scene(t, answers);
  const { stdout, code } = await run(['rollback-report', 'list']);
  assert.equal(code, 0);
  const [, first = '', second = ''] = stdout.split('\n');
  assert.match(first, new RegExp(`^${ID} +held +alpha +0x11.* babe +45 +1 +entry 9 is remembered`));
  assert.match(second, /^node:bravo +released +bravo +- +- +- +- +1 +operator by ada: a copy$/);
  const json = await run(['rollback-report', 'list', '--json']);
  assert.deepEqual(JSON.parse(json.stdout), { reports: [held, old] });
});

test('no reports are said to be none', async (t) => {
  const none = { 'GET /v1/rollback-reports': { status: 200, body: { reports: [] } } };
  const { run } = await scene(t, none);
  assert.equal((await run(['rollback-report', 'list'])).stdout, 'no rollback reports\n');
});

test('release sends the reason; a report that is released already is a fault with its remedy', async (t) => {
  const { run, service } = await scene(t, answers);
  const done = await run(['rollback-report', 'release', ID, '--reason', 'node b is a copy']);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, new RegExp(`rollback report ${ID} is released.*\nA node that still remembers`));
  assert.deepEqual(service.seen.at(-1)?.body, { reason: 'node b is a copy' });
  const twice = await run(['rollback-report', 'release', 'node:bravo', '--reason', 'r']);
  assert.notEqual(twice.code, 0);
  assert.match(twice.stderr, /released already[\s\S]*watchbill rollback-report list/);
  assert.doesNotMatch(twice.stderr, new RegExp(SECRET));
});

test('a reason is demanded, and an id cannot leave its path', async (t) => {
  const { run, service } = await scene(t, answers);
  assert.equal((await run(['rollback-report', 'release', ID])).code, 2);
  assert.equal(service.seen.length, 0);
  await run(['rollback-report', 'release', '../tokens/x', '--reason', 'r']);
  assert.equal(service.seen.at(-1)?.path, '/v1/rollback-reports/..%2Ftokens%2Fx/release');
});
