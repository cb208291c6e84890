import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Permit, UnitView } from '../../contract.ts';
import { PermitFault } from '../../contract.ts';
import { target, voteKey } from '../../freeze/testing/vote-key.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  fakeSeen,
  KEY,
  memoryStore,
  OTHER_INCARNATION,
  policyDocument,
  type ServiceSetup,
  seal,
  silentLog,
  silentMeter,
  startAdopted,
  startPair,
  startService,
} from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';
import { openUnitFile, type UnitFile } from '../../units/file.ts';

/** The slot in which every test begins: slots of a second since an hour before it. */
const NOW_SLOT = 3_600;
const OTHER_KEY = `0x${'ee'.repeat(32)}`;
const slotOf = (view: UnitView) => `${view.unit.slot} ${view.outcome}`;

function withFile(
  context: TestContext,
  parts: ServiceSetup['parts'] = {},
): ServiceSetup & { file: UnitFile } {
  const file = openUnitFile({ log: silentLog });
  context.after(() => file.close());
  return { file, parts: { unitFile: file, ...parts } };
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
  assert.deepEqual(
    [units.map(slotOf), complete, next],
    [['3604 not-asked', '3603 denied', '3602 other-author', '3601 unseen', '3600 signed'], true, undefined],
  );
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
  const block = { number: '7', hash: seal('77') };
  await permit.reportSignatures(
    { chain: CHAIN, signatures: [{ ...of(0, last), key: KEY, block }] },
    'watcher',
  );
  const passes = [0, 1].map((at) => ({
    ...{
      after: `${NOW_SLOT + at - 1}`,
      slot: `${NOW_SLOT + at}`,
      author: at === 0 ? KEY : OTHER_KEY,
      due: [],
    },
  }));
  permit.reportDue({ chain: CHAIN, duty: 'aura-parachain', passes }, 'watcher');
  await clockOf(context).sleep(40_000);
  const { units } = await read(permit, { duty: 'aura-parachain' });
  assert.deepEqual(
    units.map((view) => `${Object.values(view.unit).join('/')} ${view.outcome}`),
    ['3601/7/6 other-author', `3600/7/${last} signed`, '3600/7/5 unseen'],
  );
});

test('a slot that was asked for in its last third is late, also if a block of another author has it', async (context) => {
  const { permit } = await startAdopted(context, { standbyDelayMs: 0 }, withFile(context));
  const claim = (slot: number) => ask(permit, 'a', { unit: `${slot}`, digest: seal('01') });
  await clockOf(context).sleep(600);
  assert.equal(await claim(NOW_SLOT), 'granted:new');
  await clockOf(context).sleep(1_150);
  assert.equal(await claim(NOW_SLOT + 1), 'granted:new');
  pass(permit, NOW_SLOT - 1, NOW_SLOT + 1);
  await clockOf(context).sleep(40_000);
  const [second, first] = (await read(permit)).units;
  assert.deepEqual(
    [second, first].map((view) => view?.outcome),
    ['late', 'unseen'],
  );
  assert.match(second?.say ?? '', /^Node a asked 7\d\d ms after the slot began/);
  assert.equal(second?.missed, true);
});

test('pages go on where the last one ended, duty by duty', async (context) => {
  const { permit } = await startAdopted(context, {}, withFile(context));
  for (let slot = NOW_SLOT; slot < NOW_SLOT + 5; slot++) await ask(permit, 'a', { unit: `${slot}` });
  await permit.observe({ chain: CHAIN, session: '1' }, 'watcher');
  const session = { duty: 'im-online', unit: '1', part: 'heartbeat', digest: null } as const;
  assert.equal(await ask(permit, 'a', session), 'granted:new');
  await clockOf(context).sleep(2_000);
  const found: string[] = [];
  let before: string | undefined;
  do {
    const page = await permit.units({ key: KEY, limit: 2, before });
    found.push(...page.units.map(({ duty, unit }) => `${duty} ${Object.values(unit).join('/')}`));
    before = page.next;
  } while (before !== undefined);
  assert.deepEqual(found, [...[3604, 3603, 3602, 3601, 3600].map((slot) => `babe ${slot}`), 'im-online 1']);
  const refused = (code: string) => ({ name: 'PermitFault', code });
  await assert.rejects(permit.units({ key: OTHER_KEY, limit: 1 }), refused('key-unknown'));
  await assert.rejects(permit.units({ key: KEY, limit: 1, before: 'babe/1/2' }), refused('invalid-query'));
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

test('a slow store is named with its step', async (context) => {
  const inner = memoryStore(context);
  let slow = false;
  const store = fakeSeen(inner, () =>
    slow
      ? clockOf(context)
          .sleep(500)
          .then(() => undefined)
      : undefined,
  );
  const { permit } = await startAdopted(context, {}, { store, ...withFile(context) });
  slow = true;
  assert.equal(await ask(permit, 'a', { unit: `${NOW_SLOT}` }), 'granted:new');
  slow = false;
  await clockOf(context).sleep(40_000);
  const [view] = (await read(permit)).units;
  assert.deepEqual([view?.outcome, view?.node], ['slow', 'a']);
  assert.match(view?.say ?? '', /The longest step is store, 5\d\d ms\.$/);
  slow = true;
  const late = ask(permit, 'a', { unit: `${NOW_SLOT + 41}`, timeoutMs: 300 });
  assert.equal(await late, 'unknown:deadline');
  slow = false;
  await clockOf(context).sleep(40_000);
  const [unanswered] = (await read(permit)).units;
  assert.deepEqual([unanswered?.outcome, unanswered?.reason], ['slow', 'deadline']);
  assert.match(unanswered?.say ?? '', /The longest step is store, 300 ms/);
});

test('a file that is full costs facts, never a grant, and is reported once', async (context) => {
  const events: string[] = [];
  const note = ({ event }: Record<string, unknown>) => void events.push(String(event));
  const setup = withFile(context, { log: { info: note, warn: note, error: note } });
  let full = false;
  const write: UnitFile['write'] = (records, nowMs) => {
    if (full) throw new Error('database or disk is full');
    setup.file.write(records, nowMs);
  };
  const { permit } = await startAdopted(
    context,
    {},
    { parts: { ...setup.parts, unitFile: { ...setup.file, write } } },
  );
  const slots = async (from: number, to: number) => {
    for (let slot = from; slot <= to; slot++) {
      assert.equal(await ask(permit, 'a', { unit: `${NOW_SLOT + slot}` }), 'granted:new');
      await clockOf(context).sleep(1_100);
    }
  };
  await slots(1, 2);
  full = true;
  await slots(3, 5);
  full = false;
  await slots(6, 7);
  assert.deepEqual(
    events.filter((event) => event.startsWith('units-')),
    ['units-unwritten', 'units-written'],
  );
  assert.deepEqual(
    (await read(permit)).units.map(({ unit }) => unit.slot),
    ['3607', '3606', '3602', '3601'],
  );
});

test('facts are written once a second, those of a key side by side, some in each write', async (context) => {
  const setup = withFile(context);
  const written: string[][] = [];
  const write: UnitFile['write'] = (records, nowMs) => {
    written.push(records.map((record) => (record.kind === 'pass' ? 'pass' : `${record.key} ${record.unit}`)));
    setup.file.write(records, nowMs);
  };
  const parts = { parts: { ...setup.parts, unitFile: { ...setup.file, write } } };
  const { permit } = await startAdopted(context, {}, parts);
  await adoptOther(permit, ['a'], OTHER_KEY);
  await clockOf(context).sleep(1_100);
  const claim = (key: string, slot: number) => ask(permit, 'a', { key, unit: `${NOW_SLOT + slot}` });
  for (const slot of [2, 3]) for (const key of [KEY, OTHER_KEY]) await claim(key, slot);
  await clockOf(context).sleep(1_000);
  const rows = (key: string) => [`${key} ${NOW_SLOT + 2}`, `${key} ${NOW_SLOT + 3}`];
  assert.deepEqual(written.splice(0), [[...rows(KEY), ...rows(OTHER_KEY)]]);
  const due = Array.from({ length: 250 }, (_, index) => NOW_SLOT + 100 + index);
  pass(permit, NOW_SLOT, NOW_SLOT + 400, due);
  await clockOf(context).sleep(1_100);
  assert.deepEqual(
    written.map((batch) => batch.length),
    [200, 51],
  );
});

test('claims that are not units of the key leave no fact', async (context) => {
  const setup = withFile(context);
  const { permit } = await startAdopted(
    context,
    { ceilings: { ...policyDocument().ceilings, allowedSkewMs: 2_000 } },
    setup,
  );
  assert.equal(await ask(permit, 'a', { unit: `${NOW_SLOT + 900}` }), 'denied:unit-ahead');
  assert.equal(await ask(permit, 'stranger', { unit: `${NOW_SLOT}` }), 'denied:not-listed');
  assert.equal(await ask(permit, 'a', { unit: `${NOW_SLOT}`, key: OTHER_KEY }), 'denied:not-listed');
  const report = { chain: CHAIN, duty: 'babe', passes: [] };
  assert.throws(() => permit.reportDue(report, 'stranger'), PermitFault);
  await clockOf(context).sleep(2_000);
  assert.deepEqual((await read(permit)).units, []);
  // A node whose clock is fast asked, so its slot is not "not asked".
  assert.equal(await ask(permit, 'a', { unit: `${NOW_SLOT + 30}` }), 'denied:unit-ahead');
  await clockOf(context).sleep(70_000);
  assert.deepEqual((await read(permit)).units.map(slotOf), [`${NOW_SLOT + 30} denied`]);
});

test('each unit that is over is counted once, also over a restart', async (context) => {
  const counted: string[] = [];
  const meter = { ...silentMeter, unit: (...labels: string[]) => void counted.push(labels.join(' ')) };
  const setup = withFile(context, { meter });
  const { permit, store, disk, stop } = await startAdopted(context, {}, setup);
  assert.equal(await ask(permit, 'a', { unit: `${NOW_SLOT}` }), 'granted:new');
  const again = { unit: `${NOW_SLOT}`, incarnation: OTHER_INCARNATION };
  assert.equal(await ask(permit, 'a', again), 'denied:unit-taken');
  pass(permit, NOW_SLOT - 1, NOW_SLOT + 2, [NOW_SLOT + 1]);
  await clockOf(context).sleep(50_000);
  assert.deepEqual(counted, [], 'too early');
  await clockOf(context).sleep(60_000);
  const expected = [`${KEY} babe not-asked`, `${KEY} babe unseen`];
  assert.deepEqual(counted.toSorted(), expected);
  await stop();
  await startService(context, { store, disk, ...setup });
  await clockOf(context).sleep(60_000);
  assert.deepEqual(counted.toSorted(), expected);
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
  assert.deepEqual(
    units.map(({ unit, outcome, node, seenDigest }) => [unit.round, outcome, node, seenDigest]),
    [
      ['8', 'signed', undefined, foreign],
      ['7', 'unknown', 'a', undefined],
      ['6', 'unknown', 'a', undefined],
      ['5', 'signed', 'a', granted],
    ],
  );
  assert.match(units[0]?.remedy ?? '', /unknown-signature/, 'no node of ours signed round 8');
});
