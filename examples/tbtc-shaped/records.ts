import type { Fault, Outcome, Receipt, Records } from '@watchbill/coordinate';
import type { Transaction } from './ledger.ts';

/** The records of one operator about one wallet. In memory, so they outlive a run of the group and not the process. */
export interface WalletRecords extends Records {
  readonly outcomes: readonly Outcome[];
  readonly faults: readonly { readonly window: bigint; readonly fault: Fault }[];
  readonly receipts: ReadonlyMap<bigint, Receipt>;
  /** The data to sign for a window, so that a restart continues with the same. */
  readonly begun: Map<bigint, Omit<Transaction, 'seats'>>;
  /** Heartbeats in a row that failed. */
  failures: number;
}

/** Keeps the first outcome, fault and receipt of each window, since all come again after a restart. */
export function memoryRecords(): WalletRecords {
  let cursor: string | null = null;
  const outcomes: Outcome[] = [];
  const faults: { readonly window: bigint; readonly fault: Fault }[] = [];
  const receipts = new Map<bigint, Receipt>();
  return {
    outcomes,
    faults,
    receipts,
    begun: new Map(),
    failures: 0,
    loadCursor: async () => cursor,
    storeCursor: async (text) => {
      cursor = text;
    },
    outcome: async (outcome) => {
      if (!outcomes.some(({ from }) => from === outcome.from)) outcomes.push(outcome);
    },
    fault: async (window, fault) => {
      const isKnown = faults.some(
        (each) =>
          each.window === window && each.fault.culprit === fault.culprit && each.fault.kind === fault.kind,
      );
      if (!isKnown) faults.push({ window, fault });
    },
    receipt: async (window, receipt) => {
      if (!receipts.has(window)) receipts.set(window, receipt);
    },
  };
}
