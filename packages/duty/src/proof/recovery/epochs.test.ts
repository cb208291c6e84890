import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyOf, loseEntries } from '../../service/testing/fake-ledger.ts';
import { startPair, startService, untilServing, untilState } from '../../service/testing/services.ts';
import { worldOf } from '../../service/testing/world.ts';
import { executeRecovery } from './execute.ts';
import { memoryOfLedger } from './read-memory.ts';
import { readStore } from './read-store.ts';
import type { RecoveryParts } from './recovery-parts.ts';
import { readContextOf } from './recovery-parts.ts';
import type { StoreState } from './situation.ts';
import {
  CHAIN,
  KEY,
  NODES,
  partsOf,
  planOn,
  recover,
  serveAgain,
  stop,
  storeWentBack,
  voteIn,
  watch,
} from './testing/ground.ts';
import { fakeStopped } from './testing/stops.ts';

/** Services, words and backups of before a recovery, after it: decision 0016, "Epochs". */

const GRANDPA = `${CHAIN}/${KEY}/grandpa`;

function markOfGrandpa({ marks }: StoreState) {
  const found = marks.find(({ duty }) => duty.name === 'grandpa');
  return found?.held ?? assert.fail('the store has no such mark');
}

test('a backup of the store from before the recovery is noticed', async (context) => {
  const disaster = await storeWentBack(context);
  const backup = disaster.store.snapshot();
  await recover(partsOf(context, disaster));
  await stop(context, await startService(context, disaster));
  disaster.store.restore(backup);
  await worldOf(context).clock.sleep(60_000);
  const { permit } = await startService(context, disaster);
  await untilState(context, permit, 'behind');
  assert.match((await permit.health()).detail, /is remembered, the ledger has another/);
});

test('a word of after the recovery holds every key of a store from before it', async (context) => {
  const disaster = await storeWentBack(context);
  const backup = disaster.store.snapshot();
  const old = copyOf(disaster.disk);
  await recover(partsOf(context, disaster));
  const permit = await serveAgain(context, disaster);
  const { word } = await voteIn(permit, '67', '03');
  disaster.store.restore(backup);
  // The ledger of this service went back as well, and to before the grant that the store lost.
  loseEntries(old);
  const { permit: after } = await startService(context, { store: disaster.store, disk: old });
  await untilServing(context, after);
  await watch(after);
  assert.equal((await voteIn(after, '41', '04', { word: word ?? null })).outcome, 'unknown');
  assert.match((await after.rollbackReports())[0]?.why ?? '', /prevote of 3\/67/);
});

test('a second recovery, on a backup of before the first, ends both epochs', async (context) => {
  const disaster = await storeWentBack(context);
  const backup = disaster.store.snapshot();
  const first = await recover(partsOf(context, disaster));
  disaster.store.restore(backup);
  const { plan, findings } = await planOn(partsOf(context, disaster));
  assert.equal(findings[0]?.kind, 'store-behind');
  assert.equal(plan.voided.length, first.voided.length + 1);
  await executeRecovery(partsOf(context, disaster), plan, 'all stopped');
  await serveAgain(context, disaster);
});

test('a recovery that stops on an older backup leaves the memory of the newer epoch as it was', async (context) => {
  const disaster = await storeWentBack(context);
  const backup = disaster.store.snapshot();
  await recover(partsOf(context, disaster));
  const { disk } = disaster;
  // A service that joined after this recovery never had an entry of the epoch before.
  for (const [mark, { epoch }] of disk.heads) {
    const kept = [...(disk.entries.get(mark) ?? [])];
    disk.entries.set(mark, new Map(kept.filter(([, entry]) => entry.epoch === epoch)));
  }
  const before = memoryOfLedger(partsOf(context, disaster).ledger).points;
  disaster.store.restore(backup);
  const { plan } = await planOn(partsOf(context, disaster));
  const half = fakeStopped(partsOf(context, disaster), { at: 'store', nth: 2, when: 'before' });
  await assert.rejects(executeRecovery(half, plan, 'all stopped'));
  assert.deepEqual(memoryOfLedger(partsOf(context, disaster).ledger).points, before);
  await executeRecovery(partsOf(context, disaster), plan, 'all stopped');
  const { mark } = markOfGrandpa(await readStore(readContextOf(partsOf(context, disaster))));
  const hashes = [...(disk.entries.get(GRANDPA)?.keys() ?? [])];
  assert.equal(hashes.at(-1), mark.lastHash);
  assert.ok(hashes.includes(mark.last.prev), 'and the entry before');
});

test('the plan of a recovery that a restore undid is refused: its epoch is never begun twice', async (context) => {
  const disaster = await storeWentBack(context);
  const backup = disaster.store.snapshot();
  const { plan } = await planOn(partsOf(context, disaster));
  await executeRecovery(partsOf(context, disaster), plan, 'all stopped');
  disaster.store.restore(backup);
  const again = executeRecovery(partsOf(context, disaster), plan, 'all stopped');
  await assert.rejects(again, { name: 'RecoveryFault', code: 'plan-outdated' });
});

test('an old plan is neither begun nor resumed: the machine may have been restored to its state since', async (context) => {
  const disaster = await storeWentBack(context);
  const parts = partsOf(context, disaster);
  const { plan } = await planOn(parts);
  const old = { code: 'plan-old', message: /made 16 minutes ago; a plan is good for 15 minutes/ };
  await assert.rejects(executeRecovery(laterBy(16, parts), plan, 'all stopped'), old);
  await assert.rejects(executeRecovery(laterBy(-16, parts), plan, 'all stopped'), { code: 'plan-old' });
  assert.equal((await readStore(readContextOf(parts))).recovery, null);
  let writes = 0;
  const store = {
    ...parts.store,
    transact: async (...args: Parameters<typeof parts.store.transact>) => {
      writes += 1;
      if (writes > 1) throw new Error('the process ended');
      return parts.store.transact(...args);
    },
  };
  await assert.rejects(executeRecovery({ ...parts, store }, plan, 'all stopped'), /the process ended/);
  await assert.rejects(executeRecovery(laterBy(16, parts), plan, 'all stopped'), old);
  // A new plan takes the place of the one that was begun.
  await recover(partsOf(context, disaster));
  await serveAgain(context, disaster);
});

test('a gate that names the old epoch and sends its word goes on', async (context) => {
  const disaster = await storeWentBack(context);
  const [old = ''] = [...disaster.disk.heads.values()].map(({ epoch }) => epoch);
  await recover(partsOf(context, disaster));
  const permit = await serveAgain(context, disaster);
  const told = { word: disaster.word, epoch: old };
  const reply = await voteIn(permit, '67', '03', told);
  assert.equal(reply.outcome, 'granted');
  assert.notEqual(reply.word, disaster.word);
  assert.deepEqual(await permit.rollbackReports(), []);
  const stranger = await voteIn(permit, '68', '03', { epoch: 'ff'.repeat(16) });
  assert.equal(stranger.reason, 'wrong-ledger');
});

test('the first rounds of the next set are above the floor, and never granted after the recovery', async (context) => {
  const disaster = await storeWentBack(context, { return: 'deny' });
  await recover(partsOf(context, disaster));
  const permit = await serveAgain(context, disaster);
  const voteAt = async (unit: string) => (await voteIn(permit, '', '03', { unit })).reason;
  for (const round of [1, 16]) assert.equal(await voteAt(`4/${round}`), 'unit-past');
  assert.equal(await voteAt('4/17'), 'unit-ahead');
  // Later than an observer may raise its first report.
  await worldOf(context).clock.sleep(20_000);
  await permit.observe({ chain: CHAIN, setId: '4', round: '2' }, 'watcher');
  assert.equal(await voteAt('4/16'), 'unit-past');
  assert.equal(await voteAt('4/17'), 'new');
});

test('a word with a top above the floors of the recovery holds every key', async (context) => {
  const disaster = await storeWentBack(context);
  // The recovering service lost its memory of round 40, and the nodes stand lower than it.
  const parts = partsOf(context, disaster);
  loseEntries(disaster.disk);
  const nodes = NODES.map((node) => ({ ...node, round: 20n }));
  const { plan } = await planOn(parts, { nodes });
  await executeRecovery(parts, plan, 'all stopped');
  const permit = await serveAgain(context, disaster);
  assert.equal((await voteIn(permit, '70', '03', { word: disaster.word })).outcome, 'unknown');
  assert.match((await permit.rollbackReports())[0]?.why ?? '', /prevote of 3\/40/);
});

test('another service with a ledger file of the old epoch serves without approval', async (context) => {
  const { store, first, second, peers } = await pairWentBack(context);
  const { plan } = await planOn(partsOf(context, first));
  await executeRecovery(partsOf(context, first), plan, 'all stopped');
  const start = async (name: string, disk: typeof first.disk) => {
    const { permit } = await startService(context, {
      store,
      disk,
      parts: { peers },
      options: { name, url: name },
    });
    peers.reachable.set(name, permit);
    return permit;
  };
  const permits = [await start('first', first.disk), await start('second', second.disk)];
  for (const permit of permits) await untilServing(context, permit);
});

test('another service that remembers more than the floors does not serve, until its export is planned with', async (context) => {
  const { store, first, second, peers } = await pairWentBack(context);
  loseEntries(first.disk);
  const nodes = NODES.map((node) => ({ ...node, round: 20n }));
  const { plan } = await planOn(partsOf(context, first), { nodes });
  await executeRecovery(partsOf(context, first), plan, 'all stopped');
  const service = await startService(context, {
    store,
    disk: second.disk,
    parts: { peers },
    options: { name: 'second', url: 'second' },
  });
  const { permit } = service;
  await untilState(context, permit, 'behind');
  assert.match((await permit.health()).detail, /grandpa/);
  await stop(context, service);
  const exports = [{ ...memoryOfLedger(partsOf(context, second).ledger), name: 'export second' }];
  const { plan: higher } = await planOn(partsOf(context, first), { nodes, exports });
  await executeRecovery(partsOf(context, first), higher, 'all stopped');
  const start = async (name: string, disk: typeof first.disk) => {
    const setup = { store, disk, parts: { peers }, options: { name, url: name } };
    const started = await startService(context, setup);
    peers.reachable.set(name, started.permit);
    return started.permit;
  };
  for (const one of [await start('first', first.disk), await start('second', second.disk)])
    await untilServing(context, one);
});

/** Two services of one ledger; the store loses round 40, which both remember. Both are stopped. */
async function pairWentBack(context: Parameters<typeof storeWentBack>[0]) {
  const { inner: store, peers, first, second } = await startPair(context);
  await watch(first.permit);
  await voteIn(first.permit, '39', '01');
  const backup = store.snapshot();
  await voteIn(first.permit, '40', '02');
  await voteIn(second.permit, '41', '02');
  await first.stop();
  await stop(context, second);
  peers.reachable.clear();
  store.restore(backup);
  await worldOf(context).clock.sleep(60_000);
  return { store, peers, first: { store, disk: first.disk }, second: { store, disk: second.disk } };
}

function laterBy(minutes: number, parts: RecoveryParts): RecoveryParts {
  const { clock } = parts;
  return { ...parts, clock: { ...clock, nowMs: () => clock.nowMs() + minutes * 60_000 } };
}
