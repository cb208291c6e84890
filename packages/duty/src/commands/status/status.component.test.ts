import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { fakeService } from '../../client/testing/fake-service.ts';
import { leaseOf } from '../../console/testing/facts.ts';
import { CHAIN, KEY, policyView, SECRET, scene } from '../testing/fake-ledger.ts';
import { runFake } from '../testing/run-duty.ts';

const health = {
  ready: true,
  state: 'serving',
  detail: 'fine\u001b[31m',
  ledger: 'l1',
  epoch: 'e1',
  service: 's1',
  store: {
    ok: true,
    detail: 'two of three members answer; one more loss stops grants',
    members: [
      { name: 'm1', ok: true, leader: true },
      { name: 'm2', ok: false, leader: false },
    ],
    quorumMargin: 0,
    term: '7',
  },
  inFlight: 2,
};
const recent = [{ unit: '41', node: 'alpha', incarnation: 'i', parts: [{ part: 'seal', digest: null }] }];
const mark = {
  chain: CHAIN,
  key: KEY,
  duty: 'babe',
  head: { epoch: 'e1', seq: '12', hash: 'h' },
  floor: '40',
  deniedUntil: '2026-11-28T16:00:00Z',
  recent,
};
const answers = {
  'GET /v1/health': { status: 200, body: health },
  'GET /v1/services': { status: 200, body: { services: [] } },
  'GET /v1/policies': { status: 200, body: { policies: [policyView()] } },
  'GET /v1/watch': {
    status: 200,
    body: {
      watch: [
        {
          chain: CHAIN,
          key: KEY,
          holder: 'alpha',
          live: true,
          term: '5',
          ready: ['alpha'],
          keyLeases: [leaseOf({ sinceMs: Date.now() - 125_000 })],
        },
      ],
    },
  },
  'GET /v1/marks': { status: 200, body: { marks: [mark] } },
  'GET /v1/standbys': { status: 200, body: { standbys: [] } },
  'GET /v1/rollback-reports': { status: 200, body: { reports: [] } },
};

test('the page names service, store, watch, nodes and last units, without control characters', async (t) => {
  const { run, service } = await scene(t, answers);
  const { code, stdout, all } = await run(['status']);
  assert.equal(code, 0);
  for (const part of [
    /s1: ready, serving/,
    /m1 up \(leader\), m2 DOWN/,
    /one more loss stops grants/,
    /alpha, term 5/,
    /bravo no fit report/,
    / parachain key 0x9a9a9a9a…9a9a9a on alpha for 2 minutes\n/,
  ])
    assert.match(stdout, part);
  assert.match(stdout, /DENIED babe until 2026-11-28T16:00:00Z: .*babe +41 +alpha +seal +40 +12/s);
  assert.ok(!stdout.includes('\u001b'));
  assert.ok(!all.includes(SECRET));
  assert.equal(service.seen[0]?.authorization, `Bearer ${SECRET}`);
});

test('a standby shows its shadow claims and its last drill; the active node has no such line', async (t) => {
  const view = {
    chain: CHAIN,
    key: KEY,
    node: 'bravo',
    onWatch: false,
    shadow: { due: 120, granted: 120, asked: 40, recentDenied: 0, p99Ms: 3.1, why: null },
    lastDrill: { atMs: Date.now() - 9.5 * 86_400_000, by: 'ada', state: 'ok', due: 120, granted: 120 },
    lastHandover: null,
    seen: { setId: null, round: null, finalizedBlock: null },
  };
  const active = { ...view, node: 'alpha', onWatch: true };
  const standbys = { 'GET /v1/standbys': { status: 200, body: { standbys: [active, view] } } };
  const { run } = await scene(t, { ...answers, ...standbys });
  const { stdout } = await run(['status']);
  assert.match(stdout, /standby bravo: 120\/120, p99 3 ms, last drill 9 d ago\n/);
  assert.doesNotMatch(stdout, /standby alpha/);
  const bad = { ...view, shadow: { ...view.shadow, granted: 3, why: 'not-asked' }, lastDrill: null };
  const other = await scene(t, {
    ...answers,
    'GET /v1/standbys': { status: 200, body: { standbys: [bad] } },
  });
  assert.match((await other.run(['status'])).stdout, /3\/120.*not granted: not-asked, no drill yet/);
});

test('a policy that trusts returns is named, with the assumption that it makes', async (t) => {
  const trusting = { policies: [{ ...policyView(), return: 'trust' }] };
  const { run } = await scene(t, { ...answers, 'GET /v1/policies': { status: 200, body: trusting } });
  assert.match((await run(['status'])).stdout, /return trust: .* ever put back from a backup/);
  const plain = await scene(t, answers);
  assert.doesNotMatch((await plain.run(['status'])).stdout, /return trust/);
});

test('a frozen key is named, with who froze it, since when and why', async (t) => {
  const freeze = { by: 'ada', reason: 'a disk is missing', atMs: 1_795_178_576_000 };
  const frozen = { policies: [policyView({ mode: 'frozen', freeze })] };
  const { run } = await scene(t, { ...answers, 'GET /v1/policies': { status: 200, body: frozen } });
  const { stdout } = await run(['status']);
  assert.match(stdout, /mode +FROZEN by ada since 2026-\S+Z: a disk is missing\. .*`watchbill freeze lift`/);
  const bare = { policies: [policyView({ mode: 'frozen' })] };
  const older = await scene(t, { ...answers, 'GET /v1/policies': { status: 200, body: bare } });
  assert.match((await older.run(['status'])).stdout, /mode +FROZEN its policy no longer names/);
});

test('--json is everything as it came', async (t) => {
  const { run } = await scene(t, answers);
  const status = JSON.parse((await run(['status', '--json'])).stdout);
  assert.deepEqual(status.health, health);
  assert.deepEqual(status.marks, [mark]);
});

test('--wait shows the first ready status, and fails after its time with the state', async (t) => {
  let asked = 0;
  const starting = { ...health, ready: false, state: 'joining', detail: 'no memory yet' };
  const { run, service } = await scene(t, {
    ...answers,
    'GET /v1/health': () => {
      asked += 1;
      if (asked === 1) return { status: 503, body: { code: 'not-ready', title: 'the service is starting' } };
      return { status: 200, body: asked < 3 ? starting : health };
    },
  });
  assert.match((await run(['status', '--wait', '30'])).stdout, /s1: ready, serving/);
  const looks = ({ seen }: typeof service) => seen.filter(({ path }) => path === '/v1/health').length;
  assert.equal(looks(service), 3);

  const none = { 'GET /v1/policies': { status: 200, body: { policies: [] } } };
  const never = await scene(t, { ...answers, ...none, 'GET /v1/health': { status: 200, body: starting } });
  const late = await never.run(['status', '--wait', '1']);
  assert.equal(late.code, 5);
  assert.match(late.stderr, /not ready after 1 s: joining\. no memory yet/);
  assert.match((await never.run(['status'])).stdout, /keys +unknown until the service is ready/);
  const refused = await scene(t, { ...answers, 'GET /v1/health': { status: 401, body: { title: 'no' } } });
  await refused.run(['status', '--wait', '30']);
  assert.equal(looks(refused.service), 1, 'a refusal ends it');
});

test('a service on a unix socket, and one that asks for a client certificate', async (t) => {
  const cwd = temporaryFolder(t);
  const socket = await fakeService({ answers, socket: join(cwd, 'w.sock') });
  t.after(() => socket.stop());
  assert.equal((await runFake(['status', '--socket', 'w.sock'], { cwd })).code, 0);
  await runFake(['init', '--tls'], { cwd });
  const pem = (name: string) => readFileSync(join(cwd, 'tls', name), 'utf8');
  const tls = await fakeService({
    answers,
    tls: { cert: pem('server.pem'), key: pem('server.key'), ca: pem('ca.pem') },
  });
  t.after(() => tls.stop());
  assert.equal((await runFake(['status', '--url', tls.url], { cwd })).code, 0);
  const bare = temporaryFolder(t);
  const untrusted = await runFake(['status', '--url', tls.url], { cwd: bare });
  assert.equal(untrusted.code, 5);
  assert.match(untrusted.stderr, /certificate is not signed by a trusted authority[\s\S]*--ca-file/);
  const absent = await runFake(['status', '--url', tls.url, '--ca-file', join(cwd, 'tls/ca.pem')], {
    cwd: bare,
  });
  assert.equal(absent.code, 5);
});

test('--short has one line for each key, with colours in a terminal only', async (t) => {
  const frozen = policyView({ key: `0x${'33'.repeat(32)}`, name: 'bravo', mode: 'frozen' });
  const policies = { status: 200, body: { policies: [policyView(), frozen] } };
  const { run } = await scene(t, { ...answers, 'GET /v1/policies': policies });
  const { stdout } = await run(['status', '--short']);
  assert.deepEqual(stdout.split('\n'), [
    '0x22222222…222222: granting; alpha active; parachain key 0x9a9a9a9a…9a9a9a on alpha for 2 minutes; standby bravo not ready; one more store loss stops signing',
    'bravo (0x33333333…333333): frozen: by an operator, because: no reason is recorded; no node is active; standby alpha not ready; standby bravo not ready; one more store loss stops signing',
    '',
  ]);
  const held = { chain: CHAIN, key: KEY, node: 'bravo', state: 'held', freed: [] };
  const reports = { status: 200, body: { reports: [held] } };
  const other = await scene(t, { ...answers, 'GET /v1/rollback-reports': reports });
  const { stdout: closed } = await other.run(['status', '--short']);
  assert.match(closed, /: not granting: the rollback report of bravo is open; alpha active/);
  assert.match((await run(['status', '--short', '--key', 'BRAVO'])).stdout, /^bravo .*\n$/);
  const inTerminal = await run(['status', '--short'], { outIsTerminal: true });
  assert.ok(inTerminal.stdout.includes('\u001b[31mfrozen\u001b[0m'), JSON.stringify(inTerminal.stdout));
  const withoutColour = { outIsTerminal: true, env: { NO_COLOR: '1' } };
  assert.equal((await run(['status', '--short'], withoutColour)).stdout, stdout);
});
