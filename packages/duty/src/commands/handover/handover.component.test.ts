import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import type { FakeAnswer, Seen } from '../../client/testing/fake-service.ts';
import { CHAIN, KEY, policyView, scene } from '../testing/fake-ledger.ts';
import { runCli } from '../testing/run-duty.ts';

type State = 'ok' | 'fail' | 'unknown';

const check = (name: string, state: State, needed: boolean, remedy: string | null = null) => ({
  ...{ name, state, needed, remedy, detail: `detail of ${name}`, tookMs: 1.4 },
});
const drillOf = (state: State, checks: readonly object[]) => ({
  ...{ chain: CHAIN, key: KEY, from: 'alpha', to: 'bravo', state, checks, tookMs: 6.4 },
  shadow: { due: 120, granted: 120, asked: 40, recentDenied: 0, p99Ms: 3, why: null },
});
const GOOD = drillOf('ok', [check('ready', 'ok', true), check('version', 'unknown', false)]);
const watchOf = (holder: string, term: string, movingTo: string | null = null) => ({
  ...{ chain: CHAIN, key: KEY, holder, live: true, term, ready: [], unfit: [], movingTo },
});
const decision = (id: number, node: string, outcome: string, reason: string, unit = '3/7') => ({
  ...{ id, atMs: 1, outcome, reason, detail: '', chain: CHAIN, key: KEY, duty: 'grandpa', unit },
  ...{ parts: ['prevote'], digest: null, node, incarnation: 'i', claimId: 'c', seq: null },
  ...{ via: 'claims', tookMs: 1 },
});
const page = (...decisions: readonly object[]) => ({ status: 200, body: { decisions, next: null } });
const standby = (round: string) => ({
  status: 200,
  body: {
    standbys: [{ chain: CHAIN, key: KEY, node: 'bravo', seen: { setId: '3', round, finalizedBlock: null } }],
  },
});

/** A service whose handover succeeds, unless the changes say otherwise. */
function answersOf(changes: Readonly<Record<string, FakeAnswer | ((seen: Seen) => FakeAnswer)>> = {}) {
  return {
    'GET /v1/policies': { status: 200, body: { policies: [policyView()] } },
    'POST /v1/watch/drill': { status: 200, body: GOOD },
    'POST /v1/watch/handover': { status: 200, body: watchOf('bravo', '6') },
    'GET /v1/watch': { status: 200, body: { watch: [watchOf('alpha', '5')] } },
    'GET /v1/standbys': standby('8'),
    'GET /v1/decisions': ({ path }: Seen) =>
      path.includes('limit=1000')
        ? page(decision(9, 'bravo', 'granted', 'new'), decision(8, 'alpha', 'denied', 'off-watch', '3/6'))
        : page(decision(7, 'alpha', 'granted', 'new', '3/5')),
    ...changes,
  };
}
const moves = (seen: readonly Seen[]) => seen.filter(({ path }) => path === '/v1/watch/handover');
const DIGITS = KEY.slice(-6);

test('without --execute it prints every check with its time, and asks for no change', async (t) => {
  const { run, service } = await scene(t, answersOf());
  const { code, stdout } = await run(['handover', '--to', 'bravo']);
  assert.equal(code, 0);
  assert.match(stdout, /from alpha to bravo/);
  assert.match(stdout, /ok +ready +needed +detail of ready +1 ms/);
  assert.match(stdout, /unknown +version +detail of version/);
  assert.match(stdout, /The watch stays where it is/);
  assert.equal(moves(service.seen).length, 0);
  const json = JSON.parse((await run(['handover', '--to', 'bravo', '--json'])).stdout);
  assert.deepEqual(json, { keys: [{ drill: GOOD }] });
});

test('a failed check refuses with 3 and its remedy, an unknown one with 4; neither hands over', async (t) => {
  for (const [state, code] of [
    ['fail', 3],
    ['unknown', 4],
  ] as const) {
    const drill = drillOf(state, [check('ready', state, true, 'Start the node.')]);
    const { run, service } = await scene(
      t,
      answersOf({ 'POST /v1/watch/drill': { status: 200, body: drill } }),
    );
    const drilled = await run(['handover', '--to', 'bravo']);
    assert.equal(drilled.code, code);
    assert.match(drilled.stdout, /ready: Start the node\./);
    assert.equal((await run(['handover', '--to', 'bravo', '--execute', '--yes'])).code, code);
    assert.equal(moves(service.seen).length, 0);
    const forced = ['handover', '--to', 'bravo', '--execute', '--yes', '--force', 'alpha hangs'];
    assert.equal((await run(forced)).code, 0);
    assert.deepEqual(moves(service.seen)[0]?.body, {
      chain: CHAIN,
      key: KEY,
      to: 'bravo',
      force: 'alpha hangs',
    });
  }
});

test('--execute needs the last six digits of the key, or --yes', async (t) => {
  const { run, service } = await scene(t, answersOf());
  const command = ['handover', '--to', 'bravo', '--execute'];
  assert.equal((await run(command)).code, 2);
  assert.equal((await run(command, { answers: ['123456'] })).code, 2);
  assert.equal(moves(service.seen).length, 0);
  const { code, stdout } = await run(command, { answers: [DIGITS] });
  assert.equal(code, 0);
  assert.equal(moves(service.seen).length, 1);
  assert.match(stdout, /bravo is active \(term 6\); alpha was active before/);
  assert.match(
    stdout,
    /first signed unit of bravo: grandpa 3\/7 prevote, granted, and observers saw a later round/,
  );
  assert.match(stdout, /missed: 1 unit: grandpa 3\/6/);
});

test('a first unit that does not come, or that no observer confirms, ends with 4', async (t) => {
  const command = ['handover', '--to', 'bravo', '--execute', '--yes', '--seconds', '1'];
  const none = await scene(t, answersOf({ 'GET /v1/decisions': page() }));
  const silent = await none.run(command);
  assert.equal(silent.code, 4);
  assert.match(silent.stdout, /not seen yet within 1 s/);
  const alone = await scene(t, answersOf({ 'GET /v1/standbys': standby('7') }));
  const unseen = await alone.run(command);
  assert.equal(unseen.code, 4);
  assert.match(unseen.stdout, /a later round was not seen yet within 1 s/);
});

test('a slot counts once an observer saw its block, also a later one than the first', async (t) => {
  const duties = { babe: { enabled: true, digestRequired: true, window: 1 } };
  const policyWith = (observers: readonly string[]) => ({
    'GET /v1/policies': {
      status: 200,
      body: { policies: [policyView({ duties, ceilings: { slotMs: 6000, observers } })] },
    },
  });
  const slot = (id: number, unit: string) => ({
    ...decision(id, 'bravo', 'granted', 'new', unit),
    ...{ duty: 'babe', parts: ['seal'] },
  });
  const answers = (outcome: string, observers: readonly string[] = ['watcher']) =>
    answersOf({
      ...policyWith(observers),
      'GET /v1/decisions': ({ path }: Seen) =>
        path.includes('limit=1000') ? page(slot(9, '42'), slot(8, '41')) : page(slot(7, '40')),
      'GET /v1/units': {
        status: 200,
        body: {
          complete: true,
          units: [
            { duty: 'babe', unit: { slot: '42' }, outcome },
            { duty: 'babe', unit: { slot: '41' }, outcome: 'other-author' },
          ],
        },
      },
    });
  const command = ['handover', '--to', 'bravo', '--execute', '--yes', '--seconds', '1'];
  const signed = await (await scene(t, answers('signed'))).run(command);
  assert.equal(signed.code, 0, signed.all);
  assert.match(
    signed.stdout,
    /first signed unit of bravo: babe 42 seal, granted, and observers saw its block/,
  );
  const unseen = await (await scene(t, answers('unknown'))).run(command);
  assert.equal(unseen.code, 4);
  assert.match(unseen.stdout, /babe 41 seal, granted; its block was not seen yet within 1 s/);
  const alone = await (await scene(t, answers('unknown', []))).run(command);
  assert.equal(alone.code, 0);
  assert.match(alone.stdout, /babe 41 seal, granted; no observer reports it/);
});

test('a refusal of the service has its cause and remedy, and exit status 3', async (t) => {
  const body = {
    code: 'not-ready',
    detail: 'bravo is not ready: it is syncing',
    remedy: 'Look at its report.',
  };
  const { run } = await scene(t, answersOf({ 'POST /v1/watch/handover': { status: 409, body } }));
  const { code, stderr } = await run(['handover', '--to', 'bravo', '--execute', '--yes']);
  assert.equal(code, 3);
  assert.match(stderr, /bravo is not ready: it is syncing/);
  assert.match(stderr, /Look at its report/);
});

test('Ctrl-C ends the request, and prints which node is active once the service took it back', async (t) => {
  let looks = 0;
  const { cwd, service } = await scene(
    t,
    answersOf({
      'POST /v1/watch/handover': 'silence',
      'GET /v1/watch': () => {
        looks += 1;
        return { status: 200, body: { watch: [watchOf('alpha', '5', looks < 3 ? 'bravo' : null)] } };
      },
    }),
  );
  const io = fakeIo({ cwd });
  const running = runCli(['handover', '--to', 'bravo', '--execute', '--yes'], io);
  while (moves(service.seen).length === 0) await new Promise((resolve) => setImmediate(resolve));
  io.signal('SIGINT');
  assert.equal(await running, 1);
  assert.equal(looks, 3);
  assert.match(io.stdout(), /stopped: alpha is active, term 5\.\nThe handover was called off\./);
});

test('a node that is active already is no failed drill, and exit status 0', async (t) => {
  const watch = { status: 200, body: { watch: [watchOf('bravo', '6')] } };
  const { run, service } = await scene(t, answersOf({ 'GET /v1/watch': watch }));
  for (const extra of [[], ['--execute', '--yes']]) {
    const { code, stdout } = await run(['handover', '--to', 'bravo', ...extra]);
    assert.deepEqual([code, stdout], [0, 'bravo is active already, for key 0x22222222…222222\n']);
  }
  assert.ok(service.seen.every(({ method }) => method === 'GET'));
});

test('a service that dies in the middle leaves an unknown state, which the error names', async (t) => {
  const { run } = await scene(t, answersOf({ 'POST /v1/watch/handover': { text: '{', breaks: true } }));
  const { code, stderr } = await run(['handover', '--to', 'bravo', '--execute', '--yes']);
  assert.equal(code, 5);
  assert.match(stderr, /it is not known whether bravo is active now/);
  assert.match(stderr, /ends by itself within 45 s/);
});

test('every key whose policy lists the node moves, or the one that --key names', async (t) => {
  const other = `0x${'33'.repeat(32)}`;
  const foreign = policyView({ key: `0x${'44'.repeat(32)}`, roster: [{ name: 'carol', rank: 0 }] });
  const policies = [policyView(), policyView({ key: other }), foreign];
  const answers = answersOf({ 'GET /v1/policies': { status: 200, body: { policies } } });
  const { run, service } = await scene(t, answers);
  assert.equal((await run(['handover', '--to', 'bravo', '--execute', '--yes'])).code, 0);
  const moved = () => moves(service.seen).map(({ body }) => (body as { key: string }).key);
  assert.deepEqual(moved(), [KEY, other]);
  assert.equal((await run(['handover', '--to', 'bravo', '--key', '0x333333'])).code, 0);
  assert.deepEqual(service.seen.at(-1)?.body, { chain: CHAIN, key: other, to: 'bravo' });
  for (const wrong of [
    ['--to', 'bravo', '--key', '555555'],
    ['--to', 'bravo', '--key', '44444444'],
    ['--to', 'dora'],
  ])
    assert.equal((await run(['handover', ...wrong])).code, 2);
  assert.match(
    (await run(['handover', '--to', 'dora'])).stderr,
    /lists the node dora.*\n.*nodes are: alpha, bravo, carol/s,
  );
});

test('a drill that fails for one key keeps every key where it is', async (t) => {
  const other = `0x${'33'.repeat(32)}`;
  const policies = [policyView(), policyView({ key: other })];
  const { run, service } = await scene(
    t,
    answersOf({
      'GET /v1/policies': { status: 200, body: { policies } },
      'POST /v1/watch/drill': ({ body }: Seen) => ({
        status: 200,
        body:
          (body as { key: string }).key === other ? drillOf('fail', [check('ready', 'fail', true)]) : GOOD,
      }),
    }),
  );
  assert.equal((await run(['handover', '--to', 'bravo', '--execute', '--yes'])).code, 3);
  assert.equal(moves(service.seen).length, 0);
});
