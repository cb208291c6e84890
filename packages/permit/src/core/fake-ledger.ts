import type { Clock, Random } from '@watchbill/base';
import { randomHex } from '@watchbill/base';
import type { DecisionPage, DecisionQuery, DecisionRecord, Head } from '../contract.ts';
import { entryRow } from '../ledger/entries.ts';
import { headOf, higherPosition } from '../ledger/heads.ts';
import { type Ledger, LedgerFault } from '../ledger/port.ts';
import { announcer } from '../ledger/subscribers.ts';

/** The data directory of a service, in memory. It outlives the service, so a restart takes it over. */
export interface FakeDisk {
  readonly serviceId: string;
  ledgerId: string | null;
  readonly heads: Map<string, Head>;
  /** By mark: the hashes of its entries, and the epochs that these belong to. */
  readonly entries: Map<string, { readonly hashes: Set<string>; readonly epochs: Set<string> }>;
  readonly decisions: DecisionRecord[];
}

/** A sync takes a moment, so that other claims go on in the middle of it. */
const SYNC_MS = 1;
const FILTERS = ['chain', 'key', 'duty', 'node', 'outcome', 'unit'] as const;

export function fakeDisk(random: Random): FakeDisk {
  return {
    serviceId: randomHex(random, 16),
    ledgerId: null,
    heads: new Map(),
    entries: new Map(),
    decisions: [],
  };
}

/** A backup: what is written to one disk from now on does not reach the other. */
export function copyOf(disk: FakeDisk): FakeDisk {
  return structuredClone(disk);
}

/**
 * The Ledger port without I/O. Entries are kept when their sync ends. Notes are kept, and sent to subscribers, at once.
 */
export function fakeLedger(disk: FakeDisk, clock: Clock): Ledger {
  const subscribers = announcer();
  let closed = false;

  function record(decisions: readonly Omit<DecisionRecord, 'id'>[]): void {
    const records = decisions.map((decision, index) => ({
      ...decision,
      id: disk.decisions.length + index + 1,
    }));
    disk.decisions.push(...records);
    subscribers.announce(records);
  }

  function open(): void {
    if (closed) throw new LedgerFault('the fake ledger is closed', 'Open it again.');
  }

  return {
    serviceId: disk.serviceId,
    ledgerId: () => disk.ledgerId,
    async bind(ledgerId) {
      open();
      if (disk.ledgerId !== null && disk.ledgerId !== ledgerId)
        throw new LedgerFault(`the disk belongs to ledger ${disk.ledgerId}`, 'Use a new fake disk.');
      disk.ledgerId = ledgerId;
    },
    head: (mark) => disk.heads.get(mark) ?? null,
    heads: () => disk.heads,
    async append(items) {
      open();
      const rows = items.map(entryRow);
      await clock.sleep(SYNC_MS);
      open();
      for (const row of rows) keep(disk, row);
      record(items.map(({ decision }) => decision).filter((decision) => decision !== null));
    },
    note: (decision) => record([decision]),
    decisions: (query) => pageOf(disk.decisions, query),
    subscribe: subscribers.subscribe,
    close: async () => {
      closed = true;
    },
  };
}

function keep(disk: FakeDisk, row: ReturnType<typeof entryRow>): void {
  const { mark, epoch } = row;
  const kept = disk.entries.get(mark) ?? { hashes: new Set<string>(), epochs: new Set<string>() };
  disk.entries.set(mark, kept);
  if (kept.hashes.has(row.hash)) return;
  const head = disk.heads.get(mark);
  const current = head === undefined ? null : { ...head, seq: BigInt(head.seq) };
  disk.heads.set(mark, headOf(higherPosition(current, row, kept.epochs.has(epoch))));
  kept.hashes.add(row.hash);
  kept.epochs.add(epoch);
}

function pageOf(all: readonly DecisionRecord[], query: DecisionQuery): DecisionPage {
  const before = query.before ?? Number.POSITIVE_INFINITY;
  const found = all
    .filter(({ id }) => id < before)
    .filter((decision) =>
      FILTERS.every((name) => query[name] === undefined || decision[name] === query[name]),
    )
    .toReversed();
  const decisions = found.slice(0, Math.max(1, query.limit));
  return { decisions, next: found.length > decisions.length ? (decisions.at(-1)?.id ?? null) : null };
}
