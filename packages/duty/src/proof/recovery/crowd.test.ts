import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { keys } from '../../service/ground/keys.ts';
import { toBytes } from '../../service/ground/records.ts';
import { MAX_FREED_AT_ONCE } from '../../service/rollback-reports/freeing.ts';
import { decodeReport, encodeReport, keyOf } from '../../service/rollback-reports/report.ts';
import { until } from '../../service/testing/world.ts';
import { type Store, StoreFault } from '../../store/index.ts';
import type { MemoryStore } from '../../store/testing/memory-store.ts';
import { executeRecovery } from './execute.ts';
import { partsOf, planOn, serveAgain, voteIn, wordIsHeld } from './testing/ground.ts';
import { fakeStopped, finishesAfter, type Stop } from './testing/stops.ts';

/** More rollback reports than one transaction of etcd takes: several free them, before the adoption. */

const REPORTS = 2 * MAX_FREED_AT_ONCE + 5;
/** etcd's defaults of `--max-txn-ops` and `--max-request-bytes`. */
const MAX_OPS = 128;
const MAX_BYTES = 1.5 * 1024 * 1024;
/** Transactions: step 1; three for the reports of a key and one for its adoption, twice; step 3. */
const TRANSACTIONS = 8;

/** The report of the fixture, and more of the same node about the same mark. */
async function crowd(context: TestContext) {
  const disaster = await wordIsHeld(context);
  const [held] = (await disaster.store.list(keys.doubts)).records;
  assert.ok(held !== undefined);
  const report = decodeReport(held.key, Buffer.from(held.value).toString());
  for (let at = 1; at < REPORTS; at++) {
    const point = { ...report.point, nonce: `${report.point.nonce}-${at}` };
    const more = { ...report, node: `node-${at}`, point };
    const write = { key: keyOf(more), value: toBytes(encodeReport(more)) };
    await disaster.store.transact([{ compares: [], writes: [write] }]);
  }
  return disaster;
}

/** Refuses a transaction that etcd refuses. */
function fakeLimited(store: MemoryStore, sizes: number[]): Store {
  return {
    ...store,
    transact: (transactions, options) => {
      for (const { compares, writes } of transactions) {
        const operations = Math.max(compares.length, writes.length);
        const values = [...compares, ...writes].map(({ key, value }) => key.length + (value?.length ?? 0));
        const bytes = values.reduce((sum, length) => sum + length, 0);
        sizes.push(operations);
        if (operations > MAX_OPS || bytes > MAX_BYTES)
          return Promise.reject(new StoreFault('refused', `${operations} operations, ${bytes} bytes`, '-'));
      }
      return store.transact(transactions, options);
    },
  };
}

const STOPS = Array.from({ length: TRANSACTIONS }, (_, at): Stop[] => [
  { at: 'store', nth: at + 1, when: 'before' },
  { at: 'store', nth: at + 1, when: 'after' },
]).flat();

for (const stop of STOPS)
  test(`${REPORTS} reports: a recovery that stops ${stop.when} transaction ${stop.nth} is finished by the same command`, async (context) => {
    const disaster = await crowd(context);
    const sizes: number[] = [];
    const open = async () => partsOf(context, { ...disaster, store: fakeLimited(disaster.store, sizes) });
    const { plan, problems } = await planOn(await open());
    assert.deepEqual([plan.keys.length, problems], [2, []]);
    await finishesAfter(stop, plan, open);
    assert.ok(sizes.length >= TRANSACTIONS);
    const permit = await serveAgain(context, disaster);
    const released = async () =>
      (await permit.rollbackReports()).every(
        ({ state, freed }) => state === 'released' && freed.length === 2,
      );
    await until(context, released, 'the release of every report');
    assert.equal((await voteIn(permit, '66', '03')).reason, 'below-floor');
    assert.equal((await voteIn(permit, '67', '03')).outcome, 'granted');
  });

test('a new plan after a stop still counts the words of reports that were freed already', async (context) => {
  const disaster = await crowd(context);
  const { plan } = await planOn(partsOf(context, disaster));
  const half = fakeStopped(partsOf(context, disaster), { at: 'store', nth: 4, when: 'after' });
  await assert.rejects(executeRecovery(half, plan, 'all stopped'));
  const again = await planOn(partsOf(context, disaster));
  assert.equal(again.words.length, REPORTS);
});
