import assert from 'node:assert/strict';
import { keys } from '../../../service/ground/keys.ts';
import { decodeRecord } from '../../../service/ground/records.ts';
import type { Ledger } from '../../../service/ledger/port.ts';
import { LedgerFault } from '../../../service/ledger/port.ts';
import { type Store, StoreFault } from '../../../store/index.ts';
import { executeRecovery } from '../execute.ts';
import type { RecoveryPlan } from '../plan.ts';
import type { RecoveryParts } from '../recovery-parts.ts';

/** Stops a recovery between any two of its steps, and runs it again. */

/** Where a run ends: at the n-th write to the store or the disk, before or after it was made. */
export interface Stop {
  readonly at: 'store' | 'disk';
  readonly nth: number;
  readonly when: 'before' | 'after' | 'unanswered';
}

/** Three transactions and three appends, and one stop at each side of each; one key. */
export const STOPS: readonly Stop[] = [1, 2, 3].flatMap((nth): Stop[] => [
  { at: 'store', nth, when: 'before' },
  { at: 'store', nth, when: 'after' },
  { at: 'store', nth, when: 'unanswered' },
  { at: 'disk', nth, when: 'before' },
  { at: 'disk', nth, when: 'after' },
]);

const stopped = () => new StoreFault('unavailable', 'the run was stopped', 'run it again');

/** The same parts, which fail at the stop. `unanswered`: the write is made, and every call after it fails. */
export function fakeStopped(parts: RecoveryParts, stop: Stop): RecoveryParts {
  let [writes, appends] = [0, 0];
  let isCut = false;
  const store: Store = {
    ...parts.store,
    read: async (wanted, options) => {
      if (isCut) throw stopped();
      return parts.store.read(wanted, options);
    },
    transact: async (transactions, options) => {
      writes += 1;
      const isHere = stop.at === 'store' && writes === stop.nth;
      if (isHere && stop.when === 'before') throw stopped();
      const results = await parts.store.transact(transactions, options);
      if (!isHere) return results;
      isCut = true;
      if (stop.when === 'after') throw stopped();
      return transactions.map(() => ({ outcome: 'ambiguous', cause: stopped() }));
    },
  };
  const ledger: Ledger = {
    ...parts.ledger,
    append: async (items) => {
      appends += 1;
      const isHere = stop.at === 'disk' && appends === stop.nth;
      if (isHere && stop.when === 'before') throw new LedgerFault('the disk is full', 'make room');
      await parts.ledger.append(items);
      if (isHere) throw new LedgerFault('the disk is full', 'make room');
    },
  };
  return { ...parts, store, ledger };
}

/**
 * Runs the plan until it stops, then again on parts that work, then once more. The epoch is begun once, every
 * key is adopted, the own disk has the last entry of each mark, and the last run changes no record.
 *
 * @param open the parts as a new process opens them
 */
export async function finishesAfter(
  stop: Stop,
  plan: RecoveryPlan,
  open: () => Promise<RecoveryParts>,
): Promise<void> {
  const first = await open();
  await assert.rejects(executeRecovery(fakeStopped(first, stop), plan, 'all stopped'));
  const begun = await recoveryOf(first);
  const second = await open();
  const { epoch } = await executeRecovery(second, plan, 'all stopped');
  if (begun !== null) assert.equal(epoch, begun.epoch);
  const record = await recoveryOf(second);
  assert.equal(record?.epoch, epoch);
  assert.deepEqual(record?.open, []);
  assert.notEqual(record?.doneMs, null);
  const third = await open();
  const before = await everything(third.store);
  assert.deepEqual((await executeRecovery(third, plan, 'all stopped')).run, 'done');
  assert.deepEqual(await everything(third.store), before);
  for (const [mark, head] of await storedHeads(third.store))
    assert.equal(third.ledger.point(mark)?.hash, head, `${mark} is on the own disk`);
}

async function recoveryOf({ store }: RecoveryParts) {
  const [bytes] = await store.read([keys.recovery]);
  return bytes == null ? null : decodeRecord('recovery', Buffer.from(bytes).toString());
}

async function everything(store: Store): Promise<readonly string[]> {
  const { records } = await store.list('', { limit: 1_000 });
  return records.map(({ key, value }) => `${key} ${Buffer.from(value).toString()}`);
}

async function storedHeads(store: Store): Promise<readonly [string, string][]> {
  const { records } = await store.list(keys.marks, { limit: 1_000 });
  return records.map(({ key, value }) => [
    key.slice(keys.marks.length),
    (JSON.parse(Buffer.from(value).toString()) as { hash: string }).hash,
  ]);
}
