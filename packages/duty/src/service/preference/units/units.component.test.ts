import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Permit, UnitView } from '../../contract.ts';
import { target, voteKey } from '../../freeze/testing/vote-key.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  KEY,
  type ServiceSetup,
  seal,
  silentLog,
  startAdopted,
  startPair,
} from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';
import { openUnitFile } from '../../units/file.ts';

/** The slot in which every test begins: slots of a second since an hour before it. */
const NOW_SLOT = 3_600;
const OTHER_KEY = `0x${'ee'.repeat(32)}`;
const slotOf = (view: UnitView) => `${view.unit.slot} ${view.outcome}`;

function withFile(context: TestContext): ServiceSetup {
  const file = openUnitFile({ log: silentLog });
  context.after(() => file.close());
  return { parts: { unitFile: file } };
}

/** The observer saw a block of another author in slot `to`, and its parent in slot `after`. */
function pass(permit: Permit, after: number, to: number, due: readonly number[] = []): void {
  const units = due.map((slot) => ({ key: KEY, unit: `${slot}` }));
  const passes = [{ after: `${after}`, slot: `${to}`, author: OTHER_KEY, due: units }];
  permit.reportDue({ chain: CHAIN, duty: 'babe', passes }, 'watcher');
}

const read = (permit: Permit, change = {}) => permit.units({ key: KEY, duty: 'babe', limit: 100, ...change });

test('each slot names its cause: signed, denied, unseen, other author, not asked', async (context) => {
  const { permit } = await startAdopted(context, { standbyDelayMs: 0 }, withFile(context));
  const slot = (offset: number) => `${NOW_SLOT + offset}`;
  const claim = (offset: number) => ask(permit, 'a', { unit: slot(offset), digest: seal('01') });
  assert.equal(await claim(0), 'granted:new');
  const block = { number: '7', hash: seal('77') };
  const seen = { key: KEY, duty: 'babe', unit: slot(0), digest: seal('01'), block };
  await permit.reportSignatures({ chain: CHAIN, signatures: [seen] }, 'watcher');
  assert.equal(await claim(1), 'granted:new');
  assert.equal(await claim(2), 'granted:new');
  await permit.freeze({ key: KEY, reason: 'test' }, 'ada');
  assert.equal(await claim(3), 'denied:key-frozen');
  pass(permit, NOW_SLOT, NOW_SLOT + 2);
  pass(permit, NOW_SLOT + 2, NOW_SLOT + 5, [NOW_SLOT + 3, NOW_SLOT + 4]);
  await clockOf(context).sleep(2_000);
  assert.match((await read(permit)).units[0]?.say ?? '', /too early/);
  await clockOf(context).sleep(40_000);
  const { units, complete, next } = await read(permit);
  const all = ['3604 not-asked', '3603 denied', '3602 other-author', '3601 unseen', '3600 signed'];
  assert.deepEqual([units.map(slotOf), complete, next], [all, true, undefined]);
  const missed = await read(permit, { missed: true, since: units[3]?.at });
  assert.deepEqual(missed.units.map(slotOf), ['3604 not-asked', '3603 denied', '3601 unseen']);
});

test('blocks of a collator are listed by slot, number and relay parent', async (context) => {
  const duties = { 'aura-parachain': { enabled: true, digestRequired: true, window: 64 } };
  const { permit } = await startAdopted(context, { duties, standbyDelayMs: 0 }, withFile(context));
  const of = (slot: number, relayParent: bigint) => ({
    ...{ duty: 'aura-parachain', unit: `${NOW_SLOT + slot}/7/${relayParent}`, digest: seal('01') },
  });
  const last = 2n ** 64n - 1n;
  for (const unit of [of(0, last), of(0, 5n), of(1, 6n)])
    assert.equal(await ask(permit, 'a', unit), 'granted:new');
  const signatures = [{ ...of(0, last), key: KEY, block: { number: '7', hash: seal('77') } }];
  await permit.reportSignatures({ chain: CHAIN, signatures }, 'watcher');
  const passes = [KEY, OTHER_KEY].map((author, at) => ({
    ...{ after: `${NOW_SLOT + at - 1}`, slot: `${NOW_SLOT + at}`, author, due: [] },
  }));
  permit.reportDue({ chain: CHAIN, duty: 'aura-parachain', passes }, 'watcher');
  await clockOf(context).sleep(40_000);
  const { units } = await read(permit, { duty: 'aura-parachain' });
  assert.deepEqual(
    units.map((view) => `${Object.values(view.unit).join('/')} ${view.outcome}`),
    ['3601/7/6 other-author', `3600/7/${last} signed`, '3600/7/5 unseen'],
  );
});

test('a unit that was claimed at another service is not "not asked"; a silent service makes it unknown', async (context) => {
  const setups = { first: withFile(context), second: withFile(context) };
  const { first, second, peers } = await startPair(context, { standbyDelayMs: 0 }, setups);
  assert.equal(await ask(second.permit, 'a', { unit: `${NOW_SLOT + 1}` }), 'granted:new');
  // The observer reports to the first service only.
  pass(first.permit, NOW_SLOT, NOW_SLOT + 3, [NOW_SLOT + 1, NOW_SLOT + 2]);
  await clockOf(context).sleep(40_000);
  for (const { permit } of [first, second]) {
    const page = await read(permit);
    assert.deepEqual([page.units.map(slotOf), page.complete], [['3602 not-asked', '3601 unseen'], true]);
  }
  peers.reachable.delete('second');
  const alone = await read(first.permit);
  assert.deepEqual([alone.units.map(slotOf), alone.complete], [['3602 unknown', '3601 unknown'], false]);
});

test('a round counts as signed by a precommit whose signature holds, and by no other vote', async (context) => {
  const { key, vote } = voteKey('11');
  const [granted, foreign] = [target('aa'), target('bb')];
  const { permit } = await startAdopted(context, {}, withFile(context));
  await adoptOther(permit, ['a'], key);
  await permit.observe({ chain: CHAIN, setId: '3', round: '5' }, 'watcher');
  for (const unit of ['3/5', '3/6', '3/7', '3/8'])
    await ask(permit, 'a', { key, duty: 'grandpa', unit, part: 'precommit', digest: granted });
  const forged = { ...vote('3/7', granted), unit: '3/6' };
  const votes = [vote('3/5', granted), forged, vote('3/7', granted, 'prevote'), vote('3/8', foreign)];
  await permit.reportVotes({ chain: CHAIN, votes }, 'watcher');
  await clockOf(context).sleep(40_000);
  const { units } = await permit.units({ key, duty: 'grandpa', limit: 10 });
  const rows = units.map(({ unit, outcome, node, seenDigest }) => [unit.round, outcome, node, seenDigest]);
  assert.deepEqual(rows, [
    ['8', 'signed', undefined, foreign],
    ...['7', '6'].map((round) => [round, 'unknown', 'a', undefined]),
    ['5', 'signed', 'a', granted],
  ]);
  assert.match(units[0]?.remedy ?? '', /unknown-signature/, 'no node of ours signed round 8');
});
