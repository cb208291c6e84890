import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Store } from '../../store/index.ts';
import type { MemoryStore } from '../../store/testing/memory-store.ts';
import { type FakeDisk, fakeDisk } from '../testing/fake-ledger.ts';
import { fakeLog, fakeSeen, memoryStore, partsOf, put, refusal, textAt } from '../testing/services.ts';
import { fakeRandom, START_MS, worldOf } from '../testing/world.ts';
import { openLedgerIdentity } from './genesis.ts';
import { keys } from './keys.ts';
import { decodeRecord, encodeRecord } from './records.ts';

const open = (context: TestContext, store: Store, disk: FakeDisk = fakeDisk(fakeRandom())) => {
  return openLedgerIdentity(partsOf(context, { store, disk }));
};

/** A store with a ledger, and the disk of the service that made it. */
async function made(context: TestContext): Promise<{ store: MemoryStore; disk: FakeDisk; id: string }> {
  const store = memoryStore(context);
  const disk = fakeDisk(fakeRandom());
  const { ledger } = await open(context, store, disk);
  return { store, disk, id: ledger };
}

/** The refusal of a store that is not the one of the data directory. */
const behind = (why: string) =>
  `503 store-behind: ${why} | Point the service at the store of its ledger. Never delete the data directory to get past this: it is the memory that protects the key.`;

describe('a data directory of a ledger is refused', () => {
  test('over a store without a ledger, which stays empty', async (context) => {
    const { disk, id } = await made(context);
    const store = memoryStore(context);
    const why = `the store has no ledger, this data directory belongs to ledger ${id}`;
    assert.equal(await refusal(open(context, store, disk)), behind(why));
    assert.deepEqual((await store.list('')).records, []);
  });

  test('over the store of another ledger', async (context) => {
    const { store, id } = await made(context);
    const disk = { ...fakeDisk(fakeRandom()), ledgerId: 'another' };
    const why = `the store holds ledger ${id}, this data directory ledger another`;
    assert.equal(await refusal(open(context, store, disk)), behind(why));
  });

  test('over a store that lost the epoch or the secret', async (context) => {
    for (const lost of [keys.epoch, keys.peerSecret]) {
      const { store, disk } = await made(context);
      await put(store, lost, null);
      const why = 'the store holds a ledger without its epoch or its secret';
      assert.equal(await refusal(open(context, store, disk)), behind(why));
    }
  });
});

describe('a ledger that a start made', () => {
  test('has its identity, the epoch of format 2, the secret and this service in the store', async (context) => {
    const store = memoryStore(context);
    const disk = fakeDisk(fakeRandom());
    const { parts, ...core } = partsOf(context, { store, disk, options: { name: 'one', url: 'http://one' } });
    const opened = await openLedgerIdentity({ parts, ...core });
    const recordAt = async (key: string) => JSON.parse(await textAt(store, key));
    const { createdMs, ...ledger } = await recordAt(keys.ledger);
    assert.ok(createdMs >= START_MS && createdMs <= parts.clock.nowMs(), String(createdMs));
    assert.deepEqual(ledger, { v: 1, id: opened.ledger });
    assert.deepEqual(await recordAt(keys.epoch), { v: 2, epoch: opened.epoch });
    assert.deepEqual(await recordAt(keys.peerSecret), { v: 1, secret: opened.peerSecret });
    const { name, url } = core.options;
    const service = { v: 1, name, url, state: 'serving', vouchedBy: 'creation', reason: 'made the ledger' };
    assert.deepEqual(await recordAt(keys.service(parts.ledger.serviceId)), service);
    assert.equal(disk.ledgerId, opened.ledger);
  });

  test('was made by this start alone: a later one, and one of another service, found it', async (context) => {
    const store = memoryStore(context);
    const disk = fakeDisk(fakeRandom());
    const first = await open(context, store, disk);
    assert.equal(first.created, true);
    assert.equal((await open(context, store, disk)).created, false);
    const other = fakeDisk(worldOf(context).random);
    const joined = await open(context, store, other);
    assert.deepEqual([joined.created, joined.ledger, other.ledgerId], [false, first.ledger, first.ledger]);
  });

  test('is written once to the data directory: a later start needs no room on a full disk', async (context) => {
    const { store, disk, id } = await made(context);
    const { parts, ...core } = partsOf(context, { store, disk });
    const ledger = { ...parts.ledger, bind: () => Promise.reject(new Error('the disk is full')) };
    const again = await openLedgerIdentity({ parts: { ...parts, ledger }, ...core });
    assert.equal(again.ledger, id);
  });

  test('is not new to a service that was vouched for, also if its data directory is empty', async (context) => {
    const { store, disk } = await made(context);
    const { parts, ...core } = partsOf(context, { store, disk: { ...disk, ledgerId: null } });
    const key = keys.service(parts.ledger.serviceId);
    const record = decodeRecord('service', await textAt(store, key));
    await put(store, key, encodeRecord('service', { ...record, vouchedBy: 'two' }));
    assert.equal((await openLedgerIdentity({ parts, ...core })).created, false);
  });

  test('is never written over that of a service that was faster, and is not logged as made', async (context) => {
    const inner = memoryStore(context);
    const { random } = worldOf(context);
    const faster = fakeDisk(random);
    let isFirst = true;
    const store = fakeSeen(inner, async () => {
      if (isFirst) await open(context, inner, faster);
      isFirst = false;
      return undefined;
    });
    const { log, events } = fakeLog('info');
    const { parts, ...core } = partsOf(context, { store, disk: fakeDisk(random), parts: { log } });
    const slower = await openLedgerIdentity({ parts, ...core });
    assert.deepEqual([slower.ledger, slower.created, events], [faster.ledgerId, false, []]);
  });

  test('is written within the time for the store, and the log says so', async (context) => {
    const inner = memoryStore(context);
    const limits: unknown[] = [];
    const { log, events } = fakeLog('info');
    const store: Store = {
      ...inner,
      transact: (transactions, options) => {
        limits.push(options?.timeoutMs);
        return inner.transact(transactions, options);
      },
    };
    const { parts, ...core } = partsOf(context, { store, parts: { log } });
    await openLedgerIdentity({ parts, ...core });
    assert.deepEqual(limits, [core.options.storeTimeoutMs]);
    assert.deepEqual(events, [{ event: 'ledger-made', service: parts.ledger.serviceId }]);
  });
});

test('a store that keeps no record is tried five times', async (context) => {
  let tries = 0;
  const store = fakeSeen(memoryStore(context), () => {
    tries += 1;
    assert.ok(tries < 100, 'the tries do not end');
    return Promise.resolve({ outcome: 'conflict', current: [null] });
  });
  const what = '503 ledger-not-made: no ledger could be made in the store';
  assert.equal(await refusal(open(context, store)), `${what} | Look at the health of the store.`);
  assert.equal(tries, 5);
});

test('the epochs that a recovery ended are known', async (context) => {
  const { store, disk } = await made(context);
  assert.deepEqual([...(await open(context, store, disk)).voided], []);
  const voided = ['e1'.repeat(16), 'e2'.repeat(16)];
  const plan = { plan: 'plan-1', confirmation: 'c', epoch: 'e3'.repeat(16), open: [] };
  await put(store, keys.recovery, encodeRecord('recovery', { ...plan, voided, atMs: 1, doneMs: 2 }));
  assert.deepEqual([...(await open(context, store, disk)).voided], voided);
});
