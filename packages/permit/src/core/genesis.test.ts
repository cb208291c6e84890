import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { MemoryStore, Store } from '@watchbill/store';
import { PermitFault } from '../contract.ts';
import { createContext } from './context.ts';
import { openLedgerIdentity } from './genesis.ts';
import { keys } from './keys.ts';
import { encodeRecord } from './records.ts';
import { type FakeDisk, fakeDisk } from './testing/fake-ledger.ts';
import { fakeSeen, memoryStore, partsOf, put } from './testing/services.ts';
import { fakeRandom } from './testing/world.ts';

const REMEDY =
  'Point the service at the store of its ledger. Never delete the data directory to get past this: it is the memory that protects the key.';

const open = (context: TestContext, store: Store, disk: FakeDisk = fakeDisk(fakeRandom())) => {
  const { parts, options } = partsOf(context, { store, disk });
  return openLedgerIdentity(createContext(parts, options));
};

const refusal = (opened: Promise<unknown>) =>
  opened.then(
    () => assert.fail('it was not refused'),
    (error: unknown) => {
      assert.ok(error instanceof PermitFault);
      return `${error.status} ${error.code}: ${error.message} | ${error.remedy}`;
    },
  );

/** A store with a ledger, and the disk of the service that made it. */
async function made(context: TestContext): Promise<{ store: MemoryStore; disk: FakeDisk; id: string }> {
  const store = memoryStore(context);
  const disk = fakeDisk(fakeRandom());
  const { ledger } = await open(context, store, disk);
  return { store, disk, id: ledger };
}

describe('a data directory of a ledger is refused', () => {
  test('over a store without a ledger, which stays empty', async (context) => {
    const { disk, id } = await made(context);
    const store = memoryStore(context);
    const why = `the store has no ledger, this data directory belongs to ledger ${id}`;
    assert.equal(await refusal(open(context, store, disk)), `503 store-behind: ${why} | ${REMEDY}`);
    assert.deepEqual((await store.list('')).records, []);
  });

  test('over the store of another ledger', async (context) => {
    const { store, id } = await made(context);
    const disk = { ...fakeDisk(fakeRandom()), ledgerId: 'another' };
    const why = `the store holds ledger ${id}, this data directory ledger another`;
    assert.equal(await refusal(open(context, store, disk)), `503 store-behind: ${why} | ${REMEDY}`);
  });

  test('over a store that lost the epoch or the secret', async (context) => {
    for (const lost of [keys.epoch, keys.peerSecret]) {
      const { store, disk } = await made(context);
      await put(store, lost, null);
      const why = 'the store holds a ledger without its epoch or its secret';
      assert.equal(await refusal(open(context, store, disk)), `503 store-behind: ${why} | ${REMEDY}`);
    }
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
