import type { Budget } from '../grpc/budget.ts';
import { StoreFault, type Transaction, type TransactionResult } from '../port.ts';
import { checkTransactions } from '../shared/checks.ts';
import { planGroups } from '../shared/plan.ts';
import { runGroup } from './group.ts';
import type { Writer } from './two-phases.ts';

/** Keeps one transaction of TiKV short; its locks stand for all of it. */
const MAX_GROUP_KEYS = 2_048;

/**
 * Run independent transactions. Throws if certainly none was applied. If some were, or may have been, each
 * one without a known result is `ambiguous` with the reason.
 */
export async function transact(
  writer: Writer,
  transactions: readonly Transaction[],
  budget: Budget,
): Promise<TransactionResult[]> {
  checkTransactions(transactions);
  const own = transactions.map(copyOf);
  const results = new Array<TransactionResult>(transactions.length);
  let begun = false;
  for (const indexes of planGroups(own, (compared, written) => compared + written <= MAX_GROUP_KEYS)) {
    const group = indexes.flatMap((index) => own[index] ?? []);
    const ended = await runOrFault(writer, group, begun, budget);
    begun ||= ended.some(({ outcome }) => outcome !== 'conflict');
    for (const [place, index] of indexes.entries()) {
      const result = ended[place];
      if (result !== undefined) results[index] = result;
    }
  }
  return results;
}

async function runOrFault(
  writer: Writer,
  group: readonly Transaction[],
  begun: boolean,
  budget: Budget,
): Promise<TransactionResult[]> {
  try {
    return await runGroup(writer, group, budget);
  } catch (error) {
    if (!begun || !(error instanceof StoreFault)) throw error;
    // After a group that was applied, the call as a whole can no longer fail.
    return group.map(() => ({ outcome: 'ambiguous', cause: error }));
  }
}

/** A copy, because the caller may change its bytes during the call. */
function copyOf({ compares, writes }: Transaction): Transaction {
  return {
    compares: compares.map(({ key, value }) => ({ key, value: value?.slice() ?? null })),
    writes: writes.map((write) => (write.value === null ? write : { ...write, value: write.value.slice() })),
  };
}
