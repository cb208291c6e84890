import type { Store, Transaction, TransactionResult } from '../../port.ts';
import { conflictOf } from '../../shared/evaluate.ts';
import { type BrokenStore, later, overriding, transacting, writesOf } from './fake-engine.ts';

/** Decide each transaction on the result of an earlier read, then write without comparing. */
async function readThenWrite(
  sound: Store,
  transactions: readonly Transaction[],
): Promise<TransactionResult[]> {
  const keys = transactions.flatMap(({ compares }) => compares.map(({ key }) => key));
  const values = await sound.read(keys);
  const seen = new Map(keys.map((key, index) => [key, values[index] ?? null]));
  await later();
  const decided = transactions.map((one) => conflictOf(one, (key) => seen.get(key) ?? null));
  await sound.transact(transactions.filter((_, index) => decided[index] === null).map(writesOf));
  return decided.map((conflict) => conflict ?? { outcome: 'applied' });
}

/** Each item once per key, the last one. */
function unique<T extends { readonly key: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.key, item])).values()];
}

/** Stores whose transactions differ from the port. */
export const brokenTransactions: readonly BrokenStore[] = [
  {
    name: 'reads, then writes without compare',
    spoil: transacting(readThenWrite),
    noticedBy: [
      /concurrent increments/,
      /of many callers/,
      /only compared is held/,
      /two transactions of one/,
    ],
  },
  {
    name: 'applies a transaction that it reports as a conflict',
    spoil: transacting(async (sound, transactions) => {
      const results = await sound.transact(transactions);
      const conflicts = transactions.filter((_, index) => results[index]?.outcome === 'conflict');
      await sound.transact(conflicts.map(writesOf));
      return results;
    }),
    noticedBy: [/of several compares/, /equal bytes/, /with absence/, /in conflict is reported to no watch/],
  },
  {
    name: 'applies the first write of a transaction in conflict',
    spoil: transacting(async (sound, transactions) => {
      const results = await sound.transact(transactions);
      const conflicts = transactions.filter((_, index) => results[index]?.outcome === 'conflict');
      await sound.transact(conflicts.map(({ writes }) => ({ compares: [], writes: writes.slice(0, 1) })));
      return results;
    }),
    noticedBy: [/of several compares/],
  },
  {
    name: 'looks at the first compare only',
    spoil: transacting((sound, transactions) =>
      sound.transact(transactions.map((one) => ({ ...one, compares: one.compares.slice(0, 1) }))),
    ),
    noticedBy: [/of several compares/, /compares alone/, /a conflict returns/],
  },
  {
    name: 'holds a value only while it is the first that the key ever had',
    spoil: overriding(({ sound }) => {
      const written = new Map<string, number>();
      return {
        transact: async (transactions) => {
          const stale = transactions.some(({ compares }) =>
            compares.some(({ key, value }) => value !== null && (written.get(key) ?? 0) > 1),
          );
          if (stale) return transactions.map(() => ({ outcome: 'conflict', current: [null] }));
          for (const { key } of transactions.flatMap(({ writes }) => writes)) {
            written.set(key, (written.get(key) ?? 0) + 1);
          }
          return sound.transact(transactions);
        },
      };
    }),
    noticedBy: [/values are compared, not revisions/],
  },
  {
    name: 'answers the current values of a conflict in the order of their keys',
    spoil: transacting((sound, transactions) =>
      sound.transact(
        transactions.map((one) => ({
          ...one,
          compares: [...one.compares].sort((a, b) => (a.key < b.key ? -1 : 1)),
        })),
      ),
    ),
    noticedBy: [/a conflict returns/],
  },
  {
    name: 'takes a key twice',
    spoil: transacting(async (sound, transactions) => {
      const results: TransactionResult[] = [];
      for (const { compares, writes } of transactions) {
        results.push(...(await sound.transact([{ compares: unique(compares), writes: unique(writes) }])));
      }
      return results;
    }),
    noticedBy: [/written or compared twice/],
  },
  {
    name: 'forgets the transactions of a call beyond 128',
    spoil: transacting(async (sound, transactions) => {
      const results = await sound.transact(transactions.slice(0, 128));
      return transactions.map((_, index) => results[index] ?? { outcome: 'applied' });
    }),
    noticedBy: [/300 transactions/],
  },
  {
    name: 'answers applied transactions first',
    spoil: transacting(async (sound, transactions) => {
      const results = await sound.transact(transactions);
      return results.sort((a, b) => (a.outcome < b.outcome ? -1 : 1));
    }),
    noticedBy: [/one result each, in order/, /300 transactions/],
  },
  {
    name: 'evaluates every compare of a call before it writes anything',
    spoil: transacting(async (sound, transactions) => {
      const decided = await sound.transact(transactions.map(({ compares }) => ({ compares, writes: [] })));
      const holding = transactions.filter((_, index) => decided[index]?.outcome === 'applied');
      await sound.transact(holding.map(writesOf));
      return decided;
    }),
    noticedBy: [/two transactions of one call/],
  },
  {
    name: 'holds no key that is only compared',
    spoil: transacting(async (sound, transactions) => {
      const decided = await sound.transact(transactions.map(({ compares }) => ({ compares, writes: [] })));
      await later();
      const holding = transactions.filter((_, index) => decided[index]?.outcome === 'applied');
      const written = (one: Transaction) => new Set(one.writes.map(({ key }) => key));
      const narrowed = holding.map((one) => ({
        writes: one.writes,
        compares: one.compares.filter(({ key }) => written(one).has(key)),
      }));
      const applied = (await sound.transact(narrowed))[Symbol.iterator]();
      return decided.map((result) =>
        result.outcome === 'applied' ? (applied.next().value ?? result) : result,
      );
    }),
    noticedBy: [/only compared is held/],
  },
  {
    name: 'never deletes',
    spoil: transacting((sound, transactions) =>
      sound.transact(
        transactions.map((one) => ({ ...one, writes: one.writes.filter(({ value }) => value !== null) })),
      ),
    ),
    noticedBy: [/a delete removes/, /null for a removed key/, /with absence/],
  },
];
