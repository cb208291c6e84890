import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { adoptMark, dutyNamed, type Mark, type Policy } from '../../rule/index.ts';
import type { Store } from '../../store/index.ts';
import { type Disturbance, disturbed } from '../../store/testing/disturbed.ts';
import { createMemoryStore } from '../../store/testing/memory-store.ts';
import { keys } from '../ground/keys.ts';
import { type Ledger, LedgerFault } from '../ledger/port.ts';
import { type FakeDisk, fakeDisk, fakeLedger } from '../testing/fake-ledger.ts';
import { contextOf, policyDocument, silentLog } from '../testing/services.ts';
import { until, worldOf } from '../testing/world.ts';
import { createRollbackReports, type RollbackReports } from './rollback-reports.ts';
import { CHAIN, EPOCH, KEY, OTHER, WORD, wordOf } from './testing/steps.ts';

const policies: readonly Policy[] = [KEY, OTHER].map((key) => ({
  ...policyDocument({ chain: CHAIN, key }),
  versionId: 'v1',
  version: 1,
  mode: 'enforce',
}));

interface Setup {
  readonly store?: Store;
  readonly disk?: FakeDisk;
  readonly marks?: ReadonlyMap<string, Mark>;
  readonly ledger?: Partial<Ledger>;
  readonly warn?: (event: Record<string, unknown>, text: string) => void;
}

/** The reports of one service, over a new store and a new disk unless given. */
async function start(context: TestContext, { marks, ledger, warn = () => undefined, ...given }: Setup = {}) {
  const { clock, random, atEnd } = worldOf(context);
  const store = given.store ?? (await storeOf(context));
  const disk = given.disk ?? fakeDisk(random);
  const parts = { store, log: { ...silentLog, warn }, ledger: { ...fakeLedger(disk, clock), ...ledger } };
  const readMark = async (...mark: readonly string[]) => marks?.get(mark.join('/')) ?? null;
  const epochs = { voided: new Set<string>(), epoch: EPOCH };
  const reports = await createRollbackReports(
    contextOf(context, parts),
    epochs,
    { all: () => policies },
    readMark,
  );
  atEnd(reports.stop);
  const records = async () =>
    (await store.list(keys.doubts)).records.map(({ value }) => Buffer.from(value).toString('utf8'));
  const stored = (count = 1) => until(context, async () => (await records()).length === count, 'the records');
  return { reports, store, disk, clock, records, stored };
}

/** A store with the pointers of the policies. */
async function storeOf(context: TestContext, disturb: () => Disturbance | null = () => null): Promise<Store> {
  const store = disturbed(createMemoryStore({ clock: worldOf(context).clock }), disturb);
  const value = new Uint8Array([1]);
  const writes = policies.map(({ chain, key }) => ({ key: keys.policyPointer(chain, key), value }));
  await store.transact([{ compares: [], writes }]);
  return store;
}

function adopted(key: string, slot: bigint, before: Mark | null = null): Mark {
  const babe = dutyNamed('babe');
  const policy = policies.find((one) => one.key === key);
  if (babe === null || policy === undefined) throw new Error('no policy');
  const attempt = { ledger: 'l', epoch: EPOCH, nonce: `n${slot}`, service: 's', atMs: 0 };
  return adoptMark(policy, babe, before, [slot], attempt, 'test');
}

async function commit(store: Store, reports: RollbackReports, key: string, slot: bigint): Promise<void> {
  const freeing = await reports.freeing(CHAIN, key, new Map([['babe', [slot]]]), 'ada');
  assert.ok(freeing.ok, 'the adoption is allowed');
  const [result] = await store.transact([{ compares: freeing.compares, writes: freeing.writes }]);
  assert.equal(result?.outcome, 'applied');
  await freeing.applied();
}

describe('a service with rollback reports', () => {
  test('reports a word: held at once, durable when the call settles, then in the store', async (context) => {
    const { reports, disk, stored } = await start(context);
    assert.equal(reports.open(), null);
    const said = reports.report(WORD);
    assert.match(reports.held(CHAIN, OTHER) ?? '', /rollback-report release [0-9a-f]{32} --reason TEXT/);
    await said;
    assert.equal(disk.words.length, 1);
    await stored();
    assert.equal(reports.list()[0]?.state, 'held');
  });

  test('rejects if the disk refuses, but holds; the disk gets the word later', async (context) => {
    const disk = fakeDisk(worldOf(context).random);
    const real = fakeLedger(disk, worldOf(context).clock);
    let broken = true;
    const keepWord: Ledger['keepWord'] = (word) =>
      broken ? Promise.reject(new LedgerFault('full', 'make room')) : real.keepWord(word);
    const { reports } = await start(context, { disk, ledger: { keepWord } });
    await assert.rejects(reports.report(WORD), { code: 'ledger-unavailable', message: 'full' });
    assert.notEqual(reports.held(CHAIN, KEY), null);
    await assert.rejects(reports.report(WORD), { message: 'full' }, 'at once, until the disk is tried again');
    broken = false;
    await until(context, () => disk.words.length === 1, 'the disk');
    await reports.report(WORD);
  });

  test('a store that refuses writes for 30 s has the report in the end; a restart holds meanwhile (C1)', async (context) => {
    let faults: Disturbance | null = null;
    const store = await storeOf(context, () => faults);
    faults = 'lose-before-apply';
    const { reports: first, disk, clock } = await start(context, { store });
    await first.report(WORD);
    await clock.sleep(15_000);
    await first.stop();
    const { reports: second, records, stored } = await start(context, { store, disk });
    assert.notEqual(second.held(CHAIN, KEY), null);
    await clock.sleep(15_000);
    assert.deepEqual(await records(), []);
    faults = null;
    await stored();
  });

  test('the mark explains the word by lineage: released by itself, on the disk too', async (context) => {
    const marks = new Map<string, Mark>();
    const { reports, disk, clock } = await start(context, { marks });
    const mark = adopted(KEY, 4n);
    await reports.report(wordOf(5, { point: { ...WORD.point, hash: mark.lastHash } }));
    await clock.sleep(20_000);
    assert.notEqual(reports.open(), null);
    marks.set(`${CHAIN}/${KEY}/babe`, mark);
    await until(context, () => reports.open() === null, 'the release');
    await until(context, () => disk.words[0]?.release?.how === 'explained', 'the disk');
  });

  test('adoptions of every key release it, but no later word; one below the word is refused', async (context) => {
    const marks = new Map<string, Mark>();
    const { reports, store, disk, stored } = await start(context, { marks });
    await reports.report(WORD);
    await stored();
    const low = await reports.freeing(CHAIN, KEY, new Map([['babe', [4n]]]), 'ada');
    assert.equal(low.ok, false);
    marks.set(`${CHAIN}/${KEY}/babe`, adopted(KEY, 5n));
    await commit(store, reports, KEY, 5n);
    assert.equal(reports.held(CHAIN, KEY), null);
    assert.notEqual(reports.held(CHAIN, OTHER), null);
    await commit(store, reports, OTHER, 1n);
    assert.equal(reports.open(), null);
    assert.equal(disk.words[0]?.release?.how, 'adopted');
    await reports.report(wordOf(9));
    assert.ok(reports.held(CHAIN, KEY) !== null && reports.held(CHAIN, OTHER) !== null, 'B7');
  });

  test('a disk that does not answer in time ends the call, and the word holds', async (context) => {
    const keepWord = () => new Promise<void>(() => undefined);
    const { reports, clock } = await start(context, { ledger: { keepWord } });
    const beganMs = clock.monotonicMs();
    await assert.rejects(reports.report(WORD), {
      code: 'ledger-unavailable',
      message: 'the disk did not keep a rollback report in time',
      remedy: 'Look at the disk.',
    });
    assert.equal(clock.monotonicMs() - beganMs, 2_000);
    assert.notEqual(reports.open(), null);
  });

  test('an adoption names its time, and says if it left reports that hold the key', async (context) => {
    const warnings: unknown[] = [];
    const warn = (event: Record<string, unknown>, text: string) => void warnings.push({ ...event, text });
    const { reports, store, clock, records, stored } = await start(context, { warn });
    for (let slot = 1; slot <= 10; slot++)
      for (let node = 0; node < 5; node++)
        await reports.report(wordOf(slot + 100 * node, { node: `node-${node}` }));
    await stored(50);
    await clock.sleep(1_000);
    warnings.splice(0);
    const time = new Date(clock.nowMs()).toISOString();
    await commit(store, reports, KEY, 999n);
    const event = { event: 'rollback-reports-left', chain: CHAIN, key: KEY, left: 2 };
    const text = 'more reports hold this key than one adoption frees; adopt it again';
    assert.deepEqual(warnings, [{ ...event, text }]);
    const freed = (await records()).flatMap((record) => JSON.parse(record).freed);
    assert.deepEqual(freed[0], { chain: CHAIN, key: KEY, adoption: `ada at ${time}` });
    assert.equal(freed.length, 48);
    await commit(store, reports, KEY, 999n);
    assert.deepEqual(warnings.length, 1);
    assert.equal(reports.held(CHAIN, KEY), null);
  });

  test('an adoption that read an older record fails at its compare', async (context) => {
    const { reports, store, stored } = await start(context);
    await reports.report(WORD);
    await stored();
    const freeing = await reports.freeing(CHAIN, OTHER, new Map(), 'ada');
    assert.ok(freeing.ok);
    await commit(store, reports, KEY, 5n);
    const [result] = await store.transact([{ compares: freeing.compares, writes: freeing.writes }]);
    assert.equal(result?.outcome, 'conflict');
  });
});

describe('an operator', () => {
  test('releases at one service a word that another one heard', async (context) => {
    const { reports: one, store, disk } = await start(context);
    const { reports: two } = await start(context, { store });
    await one.report(WORD);
    await until(context, () => two.open() !== null, 'the other service to hold');
    const id = two.list()[0]?.id ?? '';
    await two.release(id, 'ada', 'node a is a copy');
    await until(context, () => one.open() === null, 'the first service');
    await until(context, () => disk.words[0]?.release?.by === 'ada', 'its disk');
    assert.deepEqual(one.list()[0]?.released, { how: 'operator', by: 'ada', reason: 'node a is a copy' });
    await assert.rejects(one.release(id, 'ada', 'again'), { code: 'report-released', status: 409 });
    await one.report(WORD);
    assert.equal(one.open(), null, 'the same word holds nothing again');
    await one.report(wordOf(6));
    const states = one.list().map(({ state }) => state);
    assert.deepEqual(states, ['held', 'released'], 'the word was released, not its node');
  });

  test('releases a word that the store does not have yet, at once and on the own disk, with its time', async (context) => {
    let faults: Disturbance | null = null;
    const store = await storeOf(context, () => faults);
    const { reports: one, disk, clock, records } = await start(context, { store });
    faults = 'lose-before-apply';
    await one.report(WORD);
    faults = null;
    const atMs = clock.nowMs();
    await one.release(one.list()[0]?.id ?? '', 'ada', 'a copy');
    assert.ok(clock.nowMs() - atMs < 1_000, 'it does not wait for the time of the store');
    assert.equal(one.open(), null);
    const release = { how: 'operator', by: 'ada', reason: 'a copy', atMs };
    assert.deepEqual(disk.words[0]?.release, release);
    assert.deepEqual(JSON.parse((await records())[0] ?? '').released, release);
  });

  test('sees its release at once, also if the store gives no hint', async (context) => {
    const watch = () => ({ ready: Promise.resolve(), stop: () => undefined });
    const store = { ...(await storeOf(context)), watch };
    const { reports: one, stored } = await start(context, { store });
    await one.report(WORD);
    await stored();
    await one.release(one.list()[0]?.id ?? '', 'ada', 'a copy');
    assert.equal(one.open(), null);
  });

  test('cannot release a word of the own disk that this release cannot read', async (context) => {
    const { clock, random } = worldOf(context);
    const disk = fakeDisk(random);
    await fakeLedger(disk, clock).keepWord({ id: 'later', text: '{"v":3}' });
    const { reports: one } = await start(context, { disk });
    assert.match(one.open() ?? '', /cannot be read/);
    await assert.rejects(one.release('later', 'ada', 'r'), { code: 'report-unknown' });
  });
});
