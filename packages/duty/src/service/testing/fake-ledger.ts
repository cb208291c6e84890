import type { Clock, Random } from '@watchbill/kit';
import { randomHex } from '@watchbill/kit';
import { compareUnits, type LedgerEntry, type LedgerPoint, type Unit } from '../../rule/index.ts';
import type { DecisionPage, DecisionQuery, DecisionRecord, Head } from '../contract.ts';
import { entryRow } from '../ledger/entries.ts';
import { headOf } from '../ledger/heads.ts';
import { advance, type EntryFields, fieldsOf, linesOf } from '../ledger/points.ts';
import {
  type Fork,
  type GrantLine,
  type KeptWord,
  type Ledger,
  LedgerFault,
  type LedgerItem,
  type WordRelease,
} from '../ledger/port.ts';
import { announcer, forkAnnouncer } from '../ledger/subscribers.ts';
import { newestEntries } from '../ledger/testing/newest-entries.ts';
import { type WordChange, wordKeeper } from '../ledger/words.ts';

/** The data directory of a service, in memory. It outlives the service, so a restart takes it over. */
export interface FakeDisk {
  readonly serviceId: string;
  ledgerId: string | null;
  readonly heads: Map<string, Head>;
  readonly points: Map<string, LedgerPoint>;
  /** By mark, in the order in which they were written. */
  readonly entries: Map<string, FakeEntry[]>;
  /** Open words and released ones, in the order in which they were kept. */
  readonly words: FakeWord[];
  readonly decisions: DecisionRecord[];
}

export interface FakeEntry extends EntryFields {
  readonly entry: LedgerEntry;
}

export interface FakeWord {
  readonly word: KeptWord;
  /** Null while the word is open. */
  release: WordRelease | null;
}

/** A sync takes a moment, so that other claims go on in the middle of it. */
const SYNC_MS = 1;
const FILTERS = ['chain', 'key', 'duty', 'node', 'outcome', 'unit'] as const;

export function fakeDisk(random: Random): FakeDisk {
  return {
    serviceId: randomHex(random, 16),
    ledgerId: null,
    heads: new Map(),
    points: new Map(),
    entries: new Map(),
    words: [],
    decisions: [],
  };
}

/** A backup: what is written to one disk from now on does not reach the other. */
export function copyOf(disk: FakeDisk): FakeDisk {
  return structuredClone(disk);
}

/**
 * The Ledger port without I/O. Entries are kept when their sync ends. Notes are kept, and sent to
 * subscribers, at once.
 */
export function fakeLedger(disk: FakeDisk, clock: Clock): Ledger {
  const subscribers = announcer();
  const forkListeners = forkAnnouncer();
  let closed = false;

  const keepWords = async (change: WordChange) => {
    open();
    await sync(() => applyWord(disk, change));
  };
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

  /** The act is on the disk when this settles. */
  async function sync(act: () => void): Promise<void> {
    open();
    await clock.sleep(SYNC_MS);
    open();
    act();
  }

  return {
    serviceId: disk.serviceId,
    ledgerId: () => disk.ledgerId,
    async bind(ledgerId) {
      open();
      bindTo(disk, ledgerId);
    },
    head: (mark) => disk.heads.get(mark) ?? null,
    heads: () => disk.heads,
    point: (mark) => disk.points.get(mark) ?? null,
    ...lookBack(disk, open),
    async append(items) {
      open();
      for (const item of items) entryRow(item);
      await sync(() => {
        const forks = items.map((item) => keep(disk, item));
        forkListeners.announce(forks.filter((fork) => fork !== null));
        record(items.map(({ decision }) => decision).filter((decision) => decision !== null));
      });
    },
    ...wordKeeper(() => openWords(disk), keepWords),
    note: (decision) => record([decision]),
    decisions: (query) => pageOf(disk.decisions, query),
    subscribe: subscribers.subscribe,
    subscribeForks: forkListeners.subscribe,
    close: async () => {
      closed = true;
    },
  };
}

function bindTo(disk: FakeDisk, ledgerId: string): void {
  if (disk.ledgerId !== null && disk.ledgerId !== ledgerId)
    throw new LedgerFault(`the disk belongs to ledger ${disk.ledgerId}`, 'Use a new fake disk.');
  disk.ledgerId = ledgerId;
}

function lookBack(disk: FakeDisk, open: () => void): Pick<Ledger, 'grantsOf' | 'holds'> {
  return {
    grantsOf(mark, unit) {
      open();
      return grantsOf(disk, mark, unit);
    },
    holds(mark, epoch, seq, hash) {
      open();
      const entries = disk.entries.get(mark) ?? [];
      return entries.some((entry) => entry.epoch === epoch && entry.seq === seq && entry.hash === hash);
    },
  };
}

function grantsOf(disk: FakeDisk, mark: string, unit: Unit): readonly GrantLine[] {
  const head = disk.points.get(mark);
  const top = head?.top ?? null;
  if (head === undefined || top === null || compareUnits(unit, top) > 0) return [];
  const newest = newestEntries(disk.entries.get(mark) ?? [], head.epoch, head.seq);
  return linesOf(newest.filter((entry) => entry.unit !== null && compareUnits(entry.unit, unit) === 0));
}

/** Returns the fork that the entry makes, if any. */
function keep(disk: FakeDisk, { entry, hash }: LedgerItem): Fork | null {
  const mark = `${entry.chain}/${entry.key}/${entry.duty}`;
  const kept = disk.entries.get(mark) ?? [];
  disk.entries.set(mark, kept);
  const twins = kept.filter((other) => other.epoch === entry.epoch && other.seq === entry.seq);
  if (twins.some((twin) => twin.hash === hash)) return null;
  const epochKnown = kept.some((other) => other.epoch === entry.epoch);
  const fields = fieldsOf(entry, hash);
  const point = advance(disk.points.get(mark) ?? null, fields, epochKnown);
  kept.push({ ...fields, entry });
  disk.points.set(mark, point);
  disk.heads.set(mark, headOf(point));
  const [first] = twins;
  if (first === undefined) return null;
  return { mark, epoch: entry.epoch, seq: entry.seq.toString(), hashes: [first.hash, hash] };
}

function openWords(disk: FakeDisk): readonly KeptWord[] {
  return disk.words.filter(({ release }) => release === null).map(({ word }) => word);
}

function applyWord(disk: FakeDisk, change: WordChange): void {
  if (change.kind === 'keep') {
    const isOpen = openWords(disk).some(({ id }) => id === change.word.id);
    if (!isOpen) disk.words.push({ word: change.word, release: null });
    return;
  }
  for (const kept of disk.words) {
    if (kept.word.id === change.id && kept.release === null) kept.release = change.release;
  }
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
