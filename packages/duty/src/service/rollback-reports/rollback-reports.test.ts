import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { adoptMark, dutyNamed, type Mark, type Policy } from '../../rule/index.ts';
import { type Disturbance, disturbed } from '../../store/testing/disturbed.ts';
import { createMemoryStore, type MemoryStore } from '../../store/testing/memory-store.ts';
import type { CoreContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { Ledger } from '../ledger/port.ts';
import { LedgerFault } from '../ledger/port.ts';
import { type FakeDisk, fakeDisk, fakeLedger } from '../testing/fake-ledger.ts';
import { contextOf, policyDocument, silentLog } from '../testing/services.ts';
import { until, worldOf } from '../testing/world.ts';
import { createRollbackReports, type RollbackReports } from './rollback-reports.ts';
import { writeRecord } from './store-records.ts';
import { CHAIN, EPOCH, KEY, OTHER, wordOf } from './testing/steps.ts';

const policies: readonly Policy[] = [KEY, OTHER].map((key) => ({
  ...policyDocument({ chain: CHAIN, key }),
  versionId: 'v1',
  version: 1,
  mode: 'enforce',
}));

interface Setup {
  readonly store: MemoryStore;
  readonly disk: FakeDisk;
  readonly marks?: ReadonlyMap<string, Mark>;
  readonly ledger?: Partial<Ledger>;
  readonly warn?: (event: Record<string, unknown>, text: string) => void;
}

function coreOf(context: TestContext, { store, disk, ledger, warn = () => undefined }: Setup): CoreContext {
  const log = { ...silentLog, warn };
  const disked = { ...fakeLedger(disk, worldOf(context).clock), ...ledger };
  return contextOf(context, { store, log, ledger: disked });
}

async function start(context: TestContext, setup: Setup): Promise<RollbackReports> {
  const book = { all: () => policies, get: () => null };
  const readMark = async (chain: string, key: string, duty: string) =>
    setup.marks?.get(`${chain}/${key}/${duty}`) ?? null;
  const core = coreOf(context, setup);
  const reports = await createRollbackReports(
    core,
    { voided: new Set<string>(), epoch: EPOCH },
    book,
    readMark,
  );
  worldOf(context).atEnd(reports.stop);
  return reports;
}

/** A store with the pointers of the policies. */
async function storeOf(
  context: TestContext,
  disturb: () => Disturbance | null = () => null,
): Promise<MemoryStore> {
  const { clock } = worldOf(context);
  const store = disturbed(createMemoryStore({ clock }), disturb);
  const value = new Uint8Array([1]);
  const writes = policies.map(({ chain, key }) => ({ key: keys.policyPointer(chain, key), value }));
  await store.transact([{ compares: [], writes }]);
  return store;
}

async function recordsOf(store: MemoryStore): Promise<string[]> {
  const { records } = await store.list(keys.doubts);
  return records.map(({ value }) => Buffer.from(value).toString('utf8'));
}

function adopted(key: string, slot: bigint, before: Mark | null = null): Mark {
  const babe = dutyNamed('babe');
  const policy = policies.find((one) => one.key === key);
  if (babe === null || policy === undefined) throw new Error('no policy');
  const attempt = { ledger: 'l', epoch: EPOCH, nonce: `n${slot}`, service: 's', atMs: 0 };
  return adoptMark(policy, babe, before, [slot], attempt, 'test');
}

async function commit(
  store: MemoryStore,
  reports: RollbackReports,
  key: string,
  slot: bigint,
): Promise<void> {
  const freeing = await reports.freeing(CHAIN, key, new Map([['babe', [slot]]]), 'ada');
  assert.ok(freeing.ok, 'the adoption is allowed');
  const [result] = await store.transact([{ compares: freeing.compares, writes: freeing.writes }]);
  assert.equal(result?.outcome, 'applied');
  await freeing.applied();
}

describe('a service with rollback reports', () => {
  test('reports a word: held at once, durable when the call settles, then in the store', async (context) => {
    const disk = fakeDisk(worldOf(context).random);
    const store = await storeOf(context);
    const reports = await start(context, { store, disk });
    assert.equal(reports.open(), null);
    const said = reports.report(wordOf(5));
    assert.match(reports.held(CHAIN, OTHER) ?? '', /rollback-report release [0-9a-f]{32} --reason TEXT/);
    await said;
    assert.equal(disk.words.length, 1);
    await until(context, async () => (await recordsOf(store)).length === 1, 'the record');
    assert.equal(reports.list()[0]?.state, 'held');
  });

  test('rejects if the disk refuses, but holds; the disk gets the word later', async (context) => {
    const disk = fakeDisk(worldOf(context).random);
    const store = await storeOf(context);
    const real = fakeLedger(disk, worldOf(context).clock);
    let broken = true;
    const keepWord: Ledger['keepWord'] = (word) =>
      broken ? Promise.reject(new LedgerFault('full', 'make room')) : real.keepWord(word);
    const reports = await start(context, { store, disk, ledger: { keepWord } });
    await assert.rejects(reports.report(wordOf(5)), { code: 'ledger-unavailable', message: 'full' });
    assert.notEqual(reports.held(CHAIN, KEY), null);
    await assert.rejects(
      reports.report(wordOf(5)),
      { message: 'full' },
      'at once, until the disk is tried again',
    );
    broken = false;
    await until(context, () => disk.words.length === 1, 'the disk');
    await reports.report(wordOf(5));
  });

  test('a store that refuses writes for 30 s has the report in the end; a restart holds meanwhile (C1)', async (context) => {
    const { clock, random } = worldOf(context);
    let faults: Disturbance | null = null;
    const store = await storeOf(context, () => faults);
    const disk = fakeDisk(random);
    faults = 'lose-before-apply';
    const first = await start(context, { store, disk });
    await first.report(wordOf(5));
    await clock.sleep(15_000);
    await first.stop();
    const second = await start(context, { store, disk });
    assert.notEqual(second.held(CHAIN, KEY), null);
    await clock.sleep(15_000);
    assert.deepEqual(await recordsOf(store), []);
    faults = null;
    await until(context, async () => (await recordsOf(store)).length === 1, 'the record');
  });

  test('the mark explains the word by lineage: released by itself, on the disk too', async (context) => {
    const disk = fakeDisk(worldOf(context).random);
    const store = await storeOf(context);
    const marks = new Map<string, Mark>();
    const reports = await start(context, { store, disk, marks });
    const mark = adopted(KEY, 4n);
    const point = { ...wordOf(5).point, hash: mark.lastHash };
    await reports.report(wordOf(5, { point }));
    await worldOf(context).clock.sleep(20_000);
    assert.notEqual(reports.open(), null);
    marks.set(`${CHAIN}/${KEY}/babe`, mark);
    await until(context, () => reports.open() === null, 'the release');
    await until(context, () => disk.words[0]?.release?.how === 'explained', 'the disk');
  });

  test('adoptions of every key release it; one below the word is refused', async (context) => {
    const disk = fakeDisk(worldOf(context).random);
    const store = await storeOf(context);
    const marks = new Map<string, Mark>();
    const reports = await start(context, { store, disk, marks });
    await reports.report(wordOf(5));
    await until(context, async () => (await recordsOf(store)).length === 1, 'the record');
    const low = await reports.freeing(CHAIN, KEY, new Map([['babe', [4n]]]), 'ada');
    assert.equal(low.ok, false);
    marks.set(`${CHAIN}/${KEY}/babe`, adopted(KEY, 5n));
    await commit(store, reports, KEY, 5n);
    assert.equal(reports.held(CHAIN, KEY), null);
    assert.notEqual(reports.held(CHAIN, OTHER), null);
    await commit(store, reports, OTHER, 1n);
    assert.equal(reports.open(), null);
    assert.equal(disk.words[0]?.release?.how, 'adopted');
  });

  test('a disk that does not answer in time ends the call, and the word holds', async (context) => {
    const { clock } = worldOf(context);
    const store = await storeOf(context);
    const keepWord = () => new Promise<void>(() => undefined);
    const reports = await start(context, {
      store,
      disk: fakeDisk(worldOf(context).random),
      ledger: { keepWord },
    });
    const beganMs = clock.monotonicMs();
    await assert.rejects(reports.report(wordOf(5)), {
      code: 'ledger-unavailable',
      message: 'the disk did not keep a rollback report in time',
      remedy: 'Look at the disk.',
    });
    assert.equal(clock.monotonicMs() - beganMs, 2_000);
    assert.notEqual(reports.open(), null);
  });

  test('an adoption names its time, and says if it left reports that hold the key', async (context) => {
    const { clock, random } = worldOf(context);
    const store = await storeOf(context);
    const warnings: unknown[] = [];
    const warn = (event: Record<string, unknown>, text: string) => void warnings.push({ ...event, text });
    const disk = fakeDisk(random);
    const reports = await start(context, { store, disk, warn });
    for (let slot = 1; slot <= 10; slot++)
      for (let node = 0; node < 5; node++)
        await reports.report(wordOf(slot + 100 * node, { node: `node-${node}` }));
    await until(context, async () => (await recordsOf(store)).length === 50, 'the records');
    await clock.sleep(1_000);
    warnings.splice(0);
    const time = new Date(clock.nowMs()).toISOString();
    await commit(store, reports, KEY, 999n);
    const event = { event: 'rollback-reports-left', chain: CHAIN, key: KEY, left: 2 };
    const text = 'more reports hold this key than one adoption frees; adopt it again';
    assert.deepEqual(warnings, [{ ...event, text }]);
    const freed = (await recordsOf(store)).flatMap((record) => JSON.parse(record).freed);
    assert.deepEqual(freed[0], { chain: CHAIN, key: KEY, adoption: `ada at ${time}` });
    assert.equal(freed.length, 48);
    await commit(store, reports, KEY, 999n);
    assert.deepEqual(warnings.length, 1);
    assert.equal(reports.held(CHAIN, KEY), null);
  });

  test('a write that compared an older text changes nothing', async (context) => {
    const store = await storeOf(context);
    const core = coreOf(context, { store, disk: fakeDisk(worldOf(context).random) });
    const write = (before: string | null, text: string) => writeRecord(core, 'doubt/x', before, text);
    assert.equal(await write(null, 'one'), true);
    assert.equal(await write(null, 'two'), false);
    assert.equal(await write('two', 'three'), false);
    assert.deepEqual(await recordsOf(store), ['one']);
  });

  test('an adoption that read an older record fails at its compare', async (context) => {
    const store = await storeOf(context);
    const reports = await start(context, { store, disk: fakeDisk(worldOf(context).random) });
    await reports.report(wordOf(5));
    await until(context, async () => (await recordsOf(store)).length === 1, 'the record');
    const freeing = await reports.freeing(CHAIN, OTHER, new Map(), 'ada');
    assert.ok(freeing.ok);
    await commit(store, reports, KEY, 5n);
    const [result] = await store.transact([{ compares: freeing.compares, writes: freeing.writes }]);
    assert.equal(result?.outcome, 'conflict');
  });
});

describe('an operator', () => {
  async function pair(context: TestContext) {
    const { random } = worldOf(context);
    const store = await storeOf(context);
    const disks = [fakeDisk(random), fakeDisk(random)] as const;
    const one = await start(context, { store, disk: disks[0] });
    const two = await start(context, { store, disk: disks[1] });
    return { store, disks, one, two };
  }

  test('releases at one service a word that another one heard', async (context) => {
    const { disks, one, two } = await pair(context);
    await one.report(wordOf(5));
    await until(context, () => two.open() !== null, 'the other service to hold');
    const id = two.list()[0]?.id ?? '';
    await two.release(id, 'ada', 'node a is a copy');
    await until(context, () => one.open() === null, 'the first service');
    await until(context, () => disks[0].words[0]?.release?.by === 'ada', 'its disk');
    assert.deepEqual(one.list()[0]?.released, { how: 'operator', by: 'ada', reason: 'node a is a copy' });
    await assert.rejects(one.release(id, 'ada', 'again'), { code: 'report-released', status: 409 });
    await one.report(wordOf(5));
    assert.equal(one.open(), null, 'the same word holds nothing again');
  });

  test('releases a word that the store does not have yet, at once and on the own disk, with its time', async (context) => {
    const { clock, random } = worldOf(context);
    let faults: Disturbance | null = null;
    const store = await storeOf(context, () => faults);
    const disk = fakeDisk(random);
    const one = await start(context, { store, disk });
    faults = 'lose-before-apply';
    await one.report(wordOf(5));
    faults = null;
    const id = one.list()[0]?.id ?? '';
    const atMs = clock.nowMs();
    await one.release(id, 'ada', 'a copy');
    assert.ok(clock.nowMs() - atMs < 1_000, 'it does not wait for the time of the store');
    assert.equal(one.open(), null);
    const release = { how: 'operator', by: 'ada', reason: 'a copy', atMs };
    assert.deepEqual(disk.words[0]?.release, release);
    assert.deepEqual(JSON.parse((await recordsOf(store))[0] ?? '').released, release);
  });

  test('sees its release at once, also if the store gives no hint', async (context) => {
    const watch = () => ({ ready: Promise.resolve(), stop: () => undefined });
    const store = { ...(await storeOf(context)), watch };
    const one = await start(context, { store, disk: fakeDisk(worldOf(context).random) });
    await one.report(wordOf(5));
    await until(context, async () => (await recordsOf(store)).length === 1, 'the record');
    await one.release(one.list()[0]?.id ?? '', 'ada', 'a copy');
    assert.equal(one.open(), null);
  });

  test('cannot release a word of the own disk that this release cannot read', async (context) => {
    const { clock, random } = worldOf(context);
    const disk = fakeDisk(random);
    await fakeLedger(disk, clock).keepWord({ id: 'later', text: '{"v":3}' });
    const one = await start(context, { store: await storeOf(context), disk });
    assert.match(one.open() ?? '', /cannot be read/);
    await assert.rejects(one.release('later', 'ada', 'r'), { code: 'report-unknown' });
  });

  test('releases one word, not its node', async (context) => {
    const { one } = await pair(context);
    await one.report(wordOf(5));
    await one.report(wordOf(6));
    await one.release(one.list()[0]?.id ?? '', 'ada', 'r');
    assert.notEqual(one.open(), null);
    assert.deepEqual(
      one.list().map(({ state }) => state),
      ['held', 'released'],
    );
  });
});
