import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN, KEY, policyView, scene } from '../testing/fake-ledger.ts';

const ADOPT = ['adopt', '--chain', CHAIN, '--key', KEY, '--confirmation', 'old node powered off'];
const mark = { chain: CHAIN, key: KEY, duty: 'babe', head: { epoch: 'e', seq: '1', hash: 'h' }, floor: '9' };
const marks = { marks: [{ ...mark, deniedUntil: '2026-11-28T16:00:00Z', recent: [] }] };
const answers = {
  'GET /v1/policies': { status: 200, body: { policies: [policyView()] } },
  'POST /v1/adoptions': { status: 200, body: marks },
};

test('floors go to the service as units of their duty', async (t) => {
  const { run, service } = await scene(t, answers);
  const ran = await run([...ADOPT, '--floor', 'babe=9', '--floor', 'grandpa=5/100', '--quiet-for', '30m']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /are granted\n.*babe +9\n {2}DENIED babe until 2026-11-28T16:00:00Z: its floor/s);
  assert.deepEqual(service.seen.at(-1)?.body, {
    chain: CHAIN,
    key: KEY,
    floors: { babe: '9', grandpa: '5/100' },
    quietMs: 1_800_000,
    confirmation: 'old node powered off',
  });
});

test('--never-signed speaks for every enabled duty without --floor', async (t) => {
  const { run, service } = await scene(t, answers);
  await run([...ADOPT, '--never-signed', '--floor', 'babe=9']);
  const sent = service.seen.at(-1)?.body as { readonly floors: object } | undefined;
  assert.deepEqual(sent?.floors, { babe: '9', grandpa: null });
  const stranger = await run([...ADOPT.map((text) => (text === KEY ? CHAIN : text)), '--never-signed']);
  assert.equal(stranger.code, 2);
  assert.match(stranger.stderr, /no key .* is named or ends with 0x1111/);
  assert.match(stranger.stderr, new RegExp(`the keys are: …${KEY.slice(-6)}`));
});

test('a wrong floor is never sent', async (t) => {
  const { run, service } = await scene(t, answers);
  const wrong = [
    [],
    ['--floor', 'babe'],
    // Read up to the second sign it would be a floor that is far too low.
    ['--floor', 'babe=281=234999'],
    ['--floor', '=5'],
    ['--floor', 'bake=1'],
    ['--floor', 'grandpa=5'],
    ['--floor', 'babe=-1'],
    ...['soon', '59s', '25h'].map((time) => ['--floor', 'babe=1', '--quiet-for', time]),
  ];
  for (const args of [...wrong, ['--floor', 'babe=1', '--floor', 'babe=2']])
    assert.equal((await run([...ADOPT, ...args])).code, 2, args.join(' '));
  assert.equal((await run(ADOPT.slice(0, -2).concat('--never-signed'))).code, 2);
  assert.equal(service.seen.length, 0);
});

test('a floor far ahead of the clock is not sent unless it is meant', async (t) => {
  const { run, service } = await scene(t, answers);
  const far = [...ADOPT, '--floor', 'babe=18446744073709551615'];
  const { code, stderr } = await run(far);
  assert.equal(code, 2);
  assert.match(stderr, /slots ahead of the clock/);
  assert.match(stderr, /--beyond-clock/);
  assert.ok(service.seen.every(({ method }) => method !== 'POST'));
  assert.equal((await run([...far, '--beyond-clock'])).code, 0);
  // A day of clocks that disagree is none of our business.
  const slot = Math.floor(Date.now() / 6_000);
  assert.equal((await run([...ADOPT, '--floor', `babe=${slot + 14_000}`])).code, 0);
  assert.equal((await run([...ADOPT, '--floor', `babe=${slot + 15_000}`])).code, 2);
});

test('a floor of a set is not sent under a policy without sets unless it is meant', async (t) => {
  const view = policyView({ originalWire: { enabled: true, slotDuty: 'babe', roundScope: 'unscoped' } });
  const body = { policies: [view] };
  const { run, service } = await scene(t, { ...answers, 'GET /v1/policies': { status: 200, body } });
  const refused = await run([...ADOPT, '--floor', 'grandpa=5/26']);
  assert.deepEqual([refused.code, service.seen.some(({ method }) => method === 'POST')], [2, false]);
  assert.match(refused.stderr, /grandpa is of set 5.*unscoped.*no vote.*--beyond-clock/s);
  for (const taken of [['grandpa=0/26'], ['grandpa=5/26', '--beyond-clock']])
    assert.equal((await run([...ADOPT, '--floor', ...taken])).code, 0);
});
