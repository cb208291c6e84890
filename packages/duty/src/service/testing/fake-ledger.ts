import type { Clock, Random } from '@watchbill/kit';
import { randomHex } from '@watchbill/kit';
import { compareUnits, type LedgerEntry, type LedgerPoint, type Unit } from '../../rule/index.ts';
import type { DecisionPage, DecisionQuery, DecisionRecord, Head } from '../contract.ts';
import { entryRow } from '../ledger/entries.ts';
import {
  type Fork,
  type GrantLine,
  type KeptWord,
  type Ledger,
  LedgerFault,
  type LedgerItem,
  MEMORY_ENTRIES,
  type WordRelease,
} from '../ledger/port.ts';
import { announcer, forkAnnouncer } from '../ledger/subscribers.ts';
import { type WordChange, wordKeeper } from '../ledger/words.ts';

/** The content of a disk, without the identity of its service. */
export interface DiskContent {
  ledgerId: string | null;
  readonly heads: Map<string, Head>;
  /** By mark, then by hash, in the order in which they were written. */
  readonly entries: Map<string, Map<string, LedgerEntry>>;
  /** Open words and released ones, in the order in which they were kept. */
  readonly words: FakeWord[];
  readonly decisions: DecisionRecord[];
}

/** The data directory of a service, in memory. It outlives the service, so a restart takes it over. */
export interface FakeDisk extends DiskContent {
  readonly serviceId: string;
}

export interface FakeWord {
  readonly word: KeptWord;
  /** Null while the word is open. */
  release: WordRelease | null;
}

/** Makes the act durable; rejects with a `LedgerFault` if the disk refuses. */
export type DiskWriter = (act: () => void) => Promise<void>;

/** A sync takes a moment, so that other claims go on in the middle of it. */
const SYNC_MS = 1;
const FILTERS = ['chain', 'key', 'duty', 'node', 'outcome', 'unit'] as const;

export function emptyDisk(): DiskContent {
  return { ledgerId: null, heads: new Map(), entries: new Map(), words: [], decisions: [] };
}

export function fakeDisk(random: Random): FakeDisk {
  return { serviceId: randomHex(random, 16), ...emptyDisk() };
}

/** A backup: what is written to one disk from now on does not reach the other. */
export function copyOf<Disk extends DiskContent>(disk: Disk): Disk {
  return structuredClone(disk);
}

/** The disk forgets entries, heads and words, which no real disk may do. */
export function loseEntries(disk: DiskContent): void {
  disk.entries.clear();
  disk.heads.clear();
  disk.words.length = 0;
}

/** The Ledger port on a disk that never refuses. */
export function fakeLedger(disk: FakeDisk, clock: Clock): Ledger {
  return ledgerOn(disk, disk.serviceId, async (act) => {
    await clock.sleep(SYNC_MS);
    act();
  });
}

/**
 * The Ledger port without I/O: what it remembers is found by a walk through all entries of the mark. Entries
 * are kept when their write ends. Notes are kept, and sent to subscribers, at once.
 */
export function ledgerOn(disk: DiskContent, serviceId: string, write: DiskWriter): Ledger {
  const subscribers = announcer();
  const forkListeners = forkAnnouncer();
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

  /** The act is on the disk when this settles. */
  async function sync(act: () => void): Promise<void> {
    open();
    await write(() => {
      open();
      act();
    });
  }

  return {
    serviceId,
    ledgerId: () => disk.ledgerId,
    bind: (ledgerId) => bindTo(disk, ledgerId, sync),
    point: (mark) => pointOf(disk, mark),
    points: () => new Map([...disk.heads.keys()].flatMap((mark) => pointEntry(disk, mark))),
    ...lookBack(disk, open),
    async append(items) {
      for (const item of items) entryRow(item);
      const forks: Fork[] = [];
      await sync(() => {
        for (const item of items) forks.push(...keep(disk, item));
        record(items.map(({ decision }) => decision).filter((decision) => decision !== null));
      });
      // Only now: a frozen process does not learn of its disk's faults before it goes on.
      forkListeners.announce(forks);
    },
    ...wordKeeper(
      () => openWords(disk),
      (change) => sync(() => applyWord(disk, change)),
    ),
    note: (decision) => record([decision]),
    decisions: (query) => pageOf(disk.decisions, query),
    subscribe: subscribers.subscribe,
    subscribeForks: forkListeners.subscribe,
    close: async () => {
      closed = true;
    },
  };
}

async function bindTo(disk: DiskContent, ledgerId: string, write: DiskWriter): Promise<void> {
  if (disk.ledgerId !== null && disk.ledgerId !== ledgerId)
    throw new LedgerFault(`the disk belongs to ledger ${disk.ledgerId}`, 'Use a new fake disk.');
  await write(() => {
    disk.ledgerId = ledgerId;
  });
}

function entriesOf(disk: DiskContent, mark: string): readonly LedgerEntry[] {
  return [...(disk.entries.get(mark)?.values() ?? [])];
}

function pointEntry(disk: DiskContent, mark: string): readonly [string, LedgerPoint][] {
  const point = pointOf(disk, mark);
  return point === null ? [] : [[mark, point]];
}

function pointOf(disk: DiskContent, mark: string): LedgerPoint | null {
  const head = disk.heads.get(mark);
  const entry = head === undefined ? undefined : disk.entries.get(mark)?.get(head.hash);
  if (head === undefined || entry === undefined) return null;
  const { epoch, seq, unit, parts, nonce } = entry;
  const units = entriesOf(disk, mark).map((other) => (other.epoch === epoch ? other.unit : null));
  const top = units.filter((other) => other !== null).toSorted(compareUnits);
  return { epoch, seq, hash: head.hash, unit, part: parts[0] ?? null, nonce, top: top.at(-1) ?? null };
}

function lookBack(disk: DiskContent, open: () => void): Pick<Ledger, 'grantsOf' | 'holds'> {
  return {
    grantsOf(mark, unit) {
      open();
      return grantsOf(disk, mark, unit);
    },
    holds(mark, epoch, seq, hash) {
      open();
      const entry = disk.entries.get(mark)?.get(hash);
      return entry !== undefined && entry.epoch === epoch && entry.seq === seq;
    },
  };
}

function grantsOf(disk: DiskContent, mark: string, unit: Unit): readonly GrantLine[] {
  const head = disk.heads.get(mark);
  if (head === undefined) return [];
  return entriesOf(disk, mark)
    .filter(({ epoch, seq }) => epoch === head.epoch && seq <= BigInt(head.seq))
    .sort((a, b) => Number(a.seq - b.seq))
    .slice(-MEMORY_ENTRIES)
    .filter((entry) => entry.unit !== null && compareUnits(entry.unit, unit) === 0)
    .flatMap(({ parts, digest, nonce, service }) =>
      parts.map((part) => ({ part, digest: part === 'enter' ? null : digest, nonce, service })),
    );
}

/** Returns the fork that the entry makes, if any. */
function keep(disk: DiskContent, { entry, hash }: LedgerItem): readonly Fork[] {
  const { epoch, seq } = entry;
  const mark = `${entry.chain}/${entry.key}/${entry.duty}`;
  const kept = disk.entries.get(mark) ?? new Map<string, LedgerEntry>();
  disk.entries.set(mark, kept);
  if (kept.has(hash)) return [];
  const ofEpoch = [...kept].filter(([, other]) => other.epoch === epoch);
  const head = disk.heads.get(mark);
  const higher = head?.epoch === epoch && BigInt(head.seq) < seq;
  if (ofEpoch.length === 0 || higher) disk.heads.set(mark, { epoch, seq: seq.toString(), hash });
  kept.set(hash, entry);
  const [first] = ofEpoch.filter(([, other]) => other.seq === seq);
  return first === undefined ? [] : [{ mark, epoch, seq: seq.toString(), hashes: [first[0], hash] }];
}

function openWords(disk: DiskContent): readonly KeptWord[] {
  return disk.words.filter(({ release }) => release === null).map(({ word }) => word);
}

function applyWord(disk: DiskContent, change: WordChange): void {
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
