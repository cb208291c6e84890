import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Permit, PolicyDocument } from '../contract.ts';
import { copyOf } from '../testing/fake-ledger.ts';
import {
  ask,
  CHAIN,
  claimOf,
  FIT_REPORT,
  fakePeers,
  INCARNATION,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  OTHER_INCARNATION,
  policyDocument,
  SESSION_TTL_MS,
  type ServiceSetup,
  seal,
  startAdopted,
  startService,
  startServing,
  untilServing,
  vote,
} from '../testing/services.ts';
import { clockOf, START_MS, until } from '../testing/world.ts';

/**
 * Grants after a session began anew: protocol section 4, rule 2. Nothing here is trusted.
 */
const DENY: Partial<PolicyDocument> = {
  return: 'deny',
  standbyDelayMs: 0,
  ceilings: { ...policyDocument().ceilings, allowedSkewMs: 500 },
};

const slotNow = (context: TestContext) =>
  Math.floor((clockOf(context).nowMs() - (DENY.ceilings?.genesisMs ?? 0)) / 1_000);
const report = (permit: Permit, round: number, set = 7) =>
  permit.observe({ chain: CHAIN, setId: String(set), round: String(round) }, 'watcher');
const prevote = (round: number, byte = '01', incarnation = INCARNATION) =>
  ({ duty: 'grandpa', unit: `7/${round}`, part: 'prevote', digest: vote(byte), incarnation }) as const;
const enter = (permit: Permit, round: number, incarnation = INCARNATION) =>
  ask(permit, 'a', {
    duty: 'grandpa',
    unit: `7/${round}`,
    part: 'enter',
    digest: null,
    term: '1',
    incarnation,
  });

/** A service alone, stopped and started again on its own disk and store, or on copies of both from before. */
async function restarted(
  context: TestContext,
  act: (permit: Permit) => Promise<unknown>,
  backup: 'none' | 'all' = 'none',
  policy: Partial<PolicyDocument> = DENY,
  one: ServiceSetup = {},
) {
  const store = memoryStore(context);
  const first = await startAdopted(context, policy, { ...one, store });
  await first.permit.reportReadiness(FIT_REPORT, 'a');
  const before = { store: store.snapshot(), disk: copyOf(first.disk) };
  await act(first.permit);
  await first.stop();
  if (backup === 'all') store.restore(before.store);
  const disk = backup === 'all' ? before.disk : first.disk;
  const { permit } = await startServing(context, { ...one, store, disk });
  return { permit, store };
}

/** The first of two services on one store, and how to start another one. */
async function firstOfTwo(context: TestContext) {
  const [store, peers] = [memoryStore(context), fakePeers()];
  const one = (name: string): ServiceSetup => ({ store, parts: { peers }, options: { url: name, name } });
  const first = await startAdopted(context, DENY, one('first'));
  peers.reachable.set('first', first.permit);
  return { peers, one, first };
}

test('a whole machine that was put back grants no slot twice', async (context) => {
  const slot = String(slotNow(context));
  const { permit } = await restarted(
    context,
    async (first) => assert.equal(await ask(first, 'a', { unit: slot }), 'granted:new'),
    'all',
  );
  assert.equal(await ask(permit, 'b', { unit: slot, digest: seal('02') }), 'denied:unit-past');
  const next = slotNow(context) + 2;
  await clockOf(context).sleep(2_000);
  assert.equal(await ask(permit, 'b', { unit: String(next) }), 'granted:new');
});

test('a whole machine that was put back grants no round twice', async (context) => {
  const { permit } = await restarted(
    context,
    async (first) => {
      await report(first, 20);
      assert.equal(await ask(first, 'a', prevote(21)), 'granted:new');
    },
    'all',
  );
  assert.equal(await ask(permit, 'a', prevote(21, '02', OTHER_INCARNATION)), 'unknown:ceiling-unknown');
  await report(permit, 20);
  assert.equal(await ask(permit, 'a', prevote(21, '02', OTHER_INCARNATION)), 'denied:unit-past');
  assert.equal(await ask(permit, 'a', prevote(36, '02', OTHER_INCARNATION)), 'denied:unit-past');
  await clockOf(context).sleep(20_000);
  await report(permit, 25);
  assert.equal(await ask(permit, 'a', prevote(37, '02', OTHER_INCARNATION)), 'granted:new');
});

test('a policy that was put back with its smaller step grants no round of the larger step twice', async (context) => {
  const withStep = (roundStep: number) => ({
    ...DENY,
    ceilings: { ...policyDocument().ceilings, roundStep },
  });
  const { permit } = await restarted(
    context,
    async (first) => {
      await first.applyPolicy(policyDocument(withStep(64)), 'test');
      await report(first, 20);
      assert.equal(await ask(first, 'a', prevote(37)), 'denied:unit-ahead', 'no step is larger than 16');
      assert.equal(await ask(first, 'a', prevote(36)), 'granted:new');
    },
    'all',
    withStep(2),
  );
  await report(permit, 20);
  await clockOf(context).sleep(30_000);
  await report(permit, 35);
  assert.equal(await ask(permit, 'b', prevote(36, '02')), 'denied:unit-past');
  assert.equal(await ask(permit, 'b', prevote(37, '02')), 'granted:new');
});

/** Round 40 was granted by a report of `quick`, which a policy takes away after a restore. */
async function withoutQuick(context: TestContext, one: ServiceSetup = {}) {
  const observedBy = (...observers: string[]) => ({
    ...DENY,
    ceilings: { ...policyDocument().ceilings, observers },
  });
  const quick = (permit: Permit) => permit.observe({ chain: CHAIN, setId: '7', round: '30' }, 'quick');
  const act = async (first: Permit) => {
    await quick(first);
    assert.equal(await ask(first, 'a', prevote(40)), 'granted:new');
  };
  const { permit, store } = await restarted(context, act, 'all', observedBy('watcher', 'quick'), one);
  await report(permit, 10);
  await quick(permit);
  await permit.applyPolicy(policyDocument(observedBy('watcher')), 'test');
  const deniesOld = async (of: Permit) => {
    await clockOf(context).sleep(20_000);
    await report(of, 30);
    assert.equal(await ask(of, 'b', prevote(40, '02')), 'denied:unit-past');
  };
  return { permit, store, deniesOld };
}

test('a policy that takes an observer away lowers no base, also of a service that starts later', async (context) => {
  const peers = fakePeers();
  const one = (name: string): ServiceSetup => ({ parts: { peers }, options: { url: name, name } });
  const { store, permit, deniesOld } = await withoutQuick(context, one('first'));
  peers.reachable.set('first', permit);
  const second = await startService(context, { ...one('second'), store });
  peers.reachable.set('second', second.permit);
  await untilServing(context, second.permit);
  for (const each of [second.permit, permit]) await deniesOld(each);
});

test('a policy that took an observer away lowers no base of the next session', async (context) => {
  const { permit, deniesOld } = await withoutQuick(context);
  await report(permit, 400);
  await untilServing(context, permit);
  await report(permit, 10);
  await deniesOld(permit);
});

test('a machine that was put back with its memory grants no round that it granted before', async (context) => {
  const { permit } = await restarted(context, async () => undefined);
  await report(permit, 10);
  // The snapshot, and then the chain of much later: the clocks and the base are those of the snapshot.
  await clockOf(context).sleep(15_000);
  await report(permit, 400);
  assert.equal(await ask(permit, 'a', prevote(401)), 'unknown:session-checking');
  assert.equal(await ask(permit, 'a', { unit: String(slotNow(context)) }), 'denied:session-lost');
  await untilServing(context, permit);
  assert.equal(await ask(permit, 'a', prevote(401)), 'unknown:ceiling-unknown');
  assert.equal(await ask(permit, 'a', { unit: String(slotNow(context)) }), 'denied:unit-past');
  await report(permit, 401);
  assert.equal(await ask(permit, 'a', prevote(417)), 'denied:unit-past');
  await report(permit, 402);
  assert.equal(await ask(permit, 'a', prevote(418)), 'denied:unit-past', 'raised within ten seconds');
  await clockOf(context).sleep(20_000);
  await report(permit, 410);
  assert.equal(await ask(permit, 'a', prevote(419)), 'granted:new');
});

test('neither a gap in the reports nor a lower report nor a new set ends a session', async (context) => {
  const { permit } = await startAdopted(context, DENY);
  await report(permit, 10);
  const serves = async () => assert.equal((await permit.health()).state, 'serving');
  await clockOf(context).sleep(30_000);
  for (const round of [60, 12, 61]) await report(permit, round).then(serves);
  await report(permit, 1, 8).then(serves);
  await clockOf(context).sleep(3_600_000);
  await report(permit, 900, 9).then(serves);
});

test('two machines with one token of an observer: the one that lags does not lower the base', async (context) => {
  const { permit } = await restarted(
    context,
    async (first) => {
      await report(first, 131);
      assert.equal(await ask(first, 'a', prevote(132)), 'granted:new');
    },
    'all',
  );
  for (const round of [101, 131]) await report(permit, round);
  await untilServing(context, permit);
  for (const round of [102, 132, 103, 133]) await report(permit, round);
  assert.equal(await ask(permit, 'b', prevote(134, '02')), 'denied:unit-past');
  await clockOf(context).sleep(20_000);
  for (const round of [115, 145]) await report(permit, round);
  assert.equal(await ask(permit, 'b', prevote(149, '02')), 'denied:unit-past');
  assert.equal(await ask(permit, 'b', prevote(150, '02')), 'granted:new');
});

test('a report that the store held before the session counts for nothing', async (context) => {
  const { permit } = await restarted(context, async (first) => {
    await report(first, 20);
    await clockOf(context).sleep(1_000);
  });
  assert.equal(await ask(permit, 'a', prevote(37)), 'unknown:ceiling-unknown');
});

test('a unit that was entered before goes on in the same start of the process, and in no other', async (context) => {
  const { permit } = await restarted(context, async (first) => {
    await report(first, 20);
    assert.equal(await enter(first, 21), 'granted:new');
  });
  await report(permit, 21);
  assert.equal(await enter(permit, 21, OTHER_INCARNATION), 'denied:unit-past');
  assert.equal(await ask(permit, 'a', prevote(21, '02', OTHER_INCARNATION)), 'denied:unit-taken');
  assert.equal(await ask(permit, 'a', prevote(21)), 'granted:new');
});

test('a service that restarts beside another one goes on from its base', async (context) => {
  const { peers, one, first } = await firstOfTwo(context);
  await report(first.permit, 20);
  const second = await startService(context, one('second'));
  peers.reachable.set('second', second.permit);
  await untilServing(context, second.permit);
  assert.equal(await ask(second.permit, 'a', prevote(21)), 'granted:new');
  assert.equal(await ask(second.permit, 'a', { unit: String(slotNow(context)) }), 'granted:new');
  await second.stop();
  peers.reachable.delete('second');
  const again = await startServing(context, { ...one('second'), disk: second.disk });
  assert.equal(await ask(again.permit, 'a', prevote(22)), 'granted:new');
});

test('a peer whose session the store has lost gives no base', async (context) => {
  const { peers, one, first } = await firstOfTwo(context);
  const lying: Permit = {
    ...first.permit,
    memory: async () => ({
      ...(await first.permit.memory()),
      session: '{"counter":"9999","session":"5c","v":2}',
    }),
  };
  peers.reachable.set('first', lying);
  await report(first.permit, 20);
  const second = await startService(context, one('second'));
  peers.reachable.set('second', second.permit);
  await untilServing(context, second.permit);
  await report(second.permit, 20);
  assert.equal(await ask(second.permit, 'a', prevote(21)), 'denied:unit-past');
});

test('a process that slept gets no unit from the time before', async (context) => {
  const { permit } = await startAdopted(context, DENY);
  await report(permit, 40);
  assert.equal(await ask(permit, 'a', prevote(31)), 'denied:unit-past');
  assert.equal(await ask(permit, 'a', prevote(32)), 'granted:new');
  const slot = slotNow(context);
  assert.equal(await ask(permit, 'a', { unit: String(slot - 4) }), 'denied:unit-past');
  assert.equal(await ask(permit, 'a', { unit: String(slot) }), 'granted:new');
});

test('a store that went back under running services is noticed within a third of the session', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startAdopted(context, DENY, { store });
  // One renewal after the backup.
  const before = store.snapshot();
  await clockOf(context).sleep(SESSION_TTL_MS / 2);
  const slot = String(slotNow(context));
  assert.equal(await ask(permit, 'a', { unit: slot }), 'granted:new');
  store.restore(before);
  assert.equal(
    await ask(permit, 'b', { unit: slot, digest: seal('02') }).then((told) => told.split(':')[0]),
    'denied',
  );
  await until(context, async () => (await permit.health()).state !== 'serving', 'the service to notice');
});

test('a key adopted in this session counts from its floors, not from the base', async (context) => {
  const { permit } = await restarted(context, async () => undefined);
  const slot = slotNow(context);
  assert.equal(await ask(permit, 'a', { unit: String(slot) }), 'denied:unit-past');
  const floors = { babe: String(slot - 1), grandpa: null, beefy: null, 'im-online': null };
  await permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'every signer is stopped' }, 'test');
  assert.equal(await ask(permit, 'a', { unit: String(slot) }), 'granted:new');
});

test('an adoption that ends after its session leaves the next session its base', async (context) => {
  const { permit, ledger } = await startAdopted(context, DENY);
  const append = ledger.append.bind(ledger);
  const disk = Promise.withResolvers<void>();
  let isSlow = true;
  ledger.append = async (items) => {
    if (isSlow && items.length > 0) await disk.promise;
    return append(items);
  };
  const asked = { chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'stopped' };
  const adopting = permit.adopt(asked, 'test');
  await clockOf(context).sleep(100);
  isSlow = false;
  permit.storeWentBack('by a test');
  await untilServing(context, permit);
  const slot = String(slotNow(context));
  disk.resolve();
  await adopting;
  assert.equal(await ask(permit, 'a', { unit: slot }), 'denied:unit-past');
});

test('a skew is lowered only when the slots of the larger one are past', async (context) => {
  const { permit } = await startAdopted(context, {
    ceilings: { ...policyDocument().ceilings, allowedSkewMs: 60_000 },
  });
  const lower = () => permit.applyPolicy(policyDocument(DENY), 'ada');
  permit.storeWentBack('by a test');
  await untilServing(context, permit);
  await clockOf(context).sleep(125_000);
  await assert.rejects(lower(), { code: 'skew-too-soon', status: 409 });
  await clockOf(context).sleep(7_000);
  assert.equal((await lower()).ceilings.allowedSkewMs, 500);
});

test('a clock that is ahead grants no slot of the future while observers see blocks arrive', async (context) => {
  const inner = clockOf(context);
  let aheadMs = 0;
  const clock = { ...inner, nowMs: () => inner.nowMs() + aheadMs };
  const { permit } = await startAdopted(context, DENY, { parts: { clock } });
  await permit.reportReadiness(FIT_REPORT, 'a');
  const arrive = (observer: string) =>
    permit.observe({ chain: CHAIN, bestSlot: String(slotNow(context)) }, observer);
  const claim = (slot: number) => ask(permit, 'a', { unit: String(slot) });
  await arrive('watcher');
  aheadMs = 3_600_000;
  await inner.sleep(SESSION_TTL_MS);
  await untilServing(context, permit);
  await inner.sleep(30_000);
  // The step ended the session; the arrival counts on, with the time since then. The right slot is past.
  assert.equal(await claim(slotNow(context) + 3_600), 'denied:unit-ahead');
  assert.equal(await claim(slotNow(context)), 'denied:unit-past');
  // The claimant's own blocks are no proof, and after ten minutes without a block the clock is alone.
  await inner.sleep(571_000);
  await arrive('a');
  assert.equal(await claim(slotNow(context) + 3_600), 'granted:new');
});

test('a block that arrived once counts once, also at a service that reads of it', async (context) => {
  const { one, first } = await firstOfTwo(context);
  const second = await startServing(context, one('second'));
  await first.permit.observe({ chain: CHAIN, bestSlot: String(slotNow(context)) }, 'watcher');
  for (let seconds = 0; seconds < 60; seconds += 5) {
    await clockOf(context).sleep(5_000);
    await report(first.permit, 20);
  }
  assert.equal(await ask(second.permit, 'a', { unit: String(slotNow(context)) }), 'granted:new');
});

test('a slot granted by a clock that was ahead: reason, mark, health and adoption say until when', async (context) => {
  const inner = clockOf(context);
  let aheadMs = 600_000;
  const clock = { ...inner, nowMs: () => inner.nowMs() + aheadMs };
  const { permit } = await startAdopted(context, DENY, { parts: { clock } });
  await permit.reportReadiness(FIT_REPORT, 'a');
  const far = slotNow(context) + 600;
  assert.equal(await ask(permit, 'a', { unit: String(far) }), 'granted:new');
  aheadMs = 0;
  await inner.sleep(5_000);
  await untilServing(context, permit);
  await inner.sleep(5_000);
  const { reason, message } = await permit.claim(claimOf({ unit: String(slotNow(context)) }), { node: 'a' });
  const text = new Date(START_MS + (far + 1) * 1_000 - 3_600_000).toISOString().replace('.000', '');
  assert.equal(reason, 'unit-ahead-granted');
  assert.match(message, new RegExp(`up to ${far} is denied until ${text}$`));
  const floors = { ...NEVER_SIGNED, babe: String(slotNow(context)) };
  const adopted = await permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'all stopped' }, 'ada');
  for (const marks of [await permit.marks({}), adopted])
    assert.deepEqual(
      marks.map(({ duty, deniedUntil }) => [duty, deniedUntil]).filter(([, until]) => until !== undefined),
      [['babe', text]],
    );
  assert.match(
    (await permit.health()).detail,
    new RegExp(`; babe of key …[0-9a-f]{6} is denied until ${text}$`),
  );
});
