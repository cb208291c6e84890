import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { fakeState, startFakeNode } from '@watchbill/chain/testing';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { CHAIN, KEY, policyView, scene } from '../testing/fake-ledger.ts';
import { runCli } from '../testing/run-duty.ts';

const unit = (slot: number, outcome: string, missed: boolean, more = {}) => ({
  ...{ key: KEY, duty: 'babe', unit: { slot: `${slot}` }, at: 1_795_178_574_000, outcome, missed },
  ...{ say: `Slot ${slot} is ${outcome}.`, ...more },
});
const PAGES = [
  {
    units: [unit(9, 'signed', false), unit(8, 'denied', true, { node: 'al\u001bpha', remedy: 'Do this.' })],
    next: 'babe/8',
    complete: true,
  },
  { units: [unit(7, 'unseen', true, { remedy: 'Do this.' }), unit(6, 'unknown', false)], complete: true },
];

async function stage(t: Parameters<typeof scene>[0], pages: readonly object[] = PAGES) {
  return scene(t, {
    'GET /v1/policies': { status: 200, body: { policies: [policyView()] } },
    'GET /v1/units': ({ path }: { readonly path: string }) => ({
      status: 200,
      body: pages[path.includes('before=') ? 1 : 0],
    }),
  });
}

test('every page is read; missed units come with their cause, and each remedy once', async (t) => {
  const { run, service } = await stage(t);
  const { code, stdout } = await run(['units', '--key', KEY.slice(-6), '--since', '2h', '--duty', 'babe']);
  assert.equal(code, 3);
  assert.match(
    stdout,
    /^key 0x22222222….* since 20\S+Z: 4 units, 2 missed \(1 signed, 1 denied, 1 unseen, 1 unknown\)\n/,
  );
  assert.match(stdout, /2026-11-20T\S+ +babe +8 +denied +Slot 8 is denied\./);
  assert.doesNotMatch(stdout, /Slot [69]/, 'other units are counted only');
  assert.equal(stdout.match(/next: Do this\./g)?.length, 1);
  const [, first, second] = service.seen.map(({ path }) => new URLSearchParams(path.split('?')[1]));
  assert.deepEqual([first?.get('key'), first?.get('chain'), first?.get('duty')], [KEY, CHAIN, 'babe']);
  assert.ok(stdout.includes(` since ${new Date(Number(first?.get('since'))).toISOString()}: `), 'its clock');
  assert.equal(second?.get('before'), 'babe/8');
});

test('units next to each other with one cause are one line, over pages too; a signed one ends it', async (t) => {
  const frozen = (slot: number) => unit(slot, 'denied', true, { reason: 'key-frozen', node: 'alpha' });
  const { run } = await stage(t, [
    { units: [frozen(9), frozen(8)], next: 'babe/8', complete: true },
    { units: [frozen(7), unit(6, 'signed', false), frozen(5)], complete: true },
  ]);
  const { stdout } = await run(['units', '--key', KEY, '--since', '99d']);
  assert.ok(Date.parse(/since (\S+): /.exec(stdout)?.[1] ?? '') > Date.now() - 31 * 86_400_000, 'as kept');
  assert.match(
    stdout,
    /babe +7 to 9 \(3\) +denied, key-frozen +Slot 9.*\n.*babe +5 +denied, key-frozen +Slot 5/,
  );
  assert.match((await run(['units', '--key', KEY, '--all'])).stdout, /babe +6 +signed/);
});

test('--json has the units, the counts and whether every service answered; --all lists every unit', async (t) => {
  const { run } = await stage(t);
  const { stdout } = await run(['units', '--key', KEY, '--json', '--all']);
  const { units, summary, complete } = JSON.parse(stdout);
  assert.deepEqual(units.length, 4);
  const outcomes = { signed: 1, denied: 1, unseen: 1, unknown: 1 };
  assert.deepEqual(summary, { total: 4, missed: 2, outcomes });
  assert.equal(complete, true);
});

test('exit status: 0 without a missed unit, 4 if a service did not answer', async (t) => {
  const none = await stage(t, [{ units: [unit(9, 'signed', false)], complete: true }]);
  assert.equal((await none.run(['units', '--key', KEY])).code, 0);
  const partly = await stage(t, [{ units: [unit(9, 'unknown', false)], complete: false }]);
  const ran = await partly.run(['units', '--key', KEY]);
  assert.equal(ran.code, 4);
  assert.match(ran.stdout, /a service did not answer/);
});

test('--validator and --staking add the era points of the validator, or say why they are unknown', async (t) => {
  const state = fakeState({ runtime: 'asset-hub-2026' });
  const node = await startFakeNode(state.answers);
  t.after(node.close);
  const { run } = await stage(t);
  const stash = `0x${'07'.repeat(32)}`;
  const ask = ['units', '--key', KEY, '--validator', writeAddress({ prefix: 42, publicKey: stash })];
  const asked = [...ask, '--staking', node.httpUrl];
  const before = await run(asked);
  assert.equal(before.code, 3, 'points decide nothing');
  assert.match(before.stdout, /^era points: unknown \(Staking: no era is active\)$/m);
  const points = { total: 60, individual: Object.entries({ [stash]: 20, [`0x${'01'.repeat(32)}`]: 40 }) };
  state.set('Staking', 'ActiveEra', [[[], { index: 1_900, start: '0' }]]);
  state.set('Staking', 'ErasRewardPoints', [[[1_900], points]]);
  assert.match(
    (await run(asked)).stdout,
    /^era 1900 so far: 20 points; median of 2 validators: 30 \(0\.67\)\nera 1899: 0 points; median of 0 validators: unknown$/m,
  );
  const { points: json } = JSON.parse((await run([...asked, '--json'])).stdout);
  assert.deepEqual(json.eras[0], { era: 1_900, own: 20, median: 30, validators: 2 });
  assert.equal((await run(ask)).code, 2, 'one of the flags alone is refused');
});

test('--watch looks again until it is stopped', async (t) => {
  const { cwd, service } = await stage(t);
  const io = fakeIo({ cwd });
  const running = runCli(['units', '--key', KEY, '--watch', '--every-ms', '1'], io);
  while (service.seen.length < 12) await new Promise((resolve) => setImmediate(resolve));
  io.signal('SIGINT');
  assert.equal(await running, 0);
  assert.ok(io.stdout().split('2 missed').length > 3);
});
