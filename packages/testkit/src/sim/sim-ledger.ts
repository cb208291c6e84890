import {
  type DecisionPage,
  type DecisionQuery,
  type DecisionRecord,
  type Head,
  type Ledger,
  LedgerFault,
  type LedgerItem,
} from '@watchbill/duty/service';
import { randomHex } from '@watchbill/kit';
import type { VirtualClock } from '@watchbill/kit/testing';
import type { Life } from './host.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimDisk } from './sim-disk.ts';
import { forkOf, grantsOf, holds, pointOf, type SimFork } from './sim-recall.ts';
import { applyWord, checkWord, openWords, type WordChange } from './sim-words.ts';

export interface SimLedgerOptions {
  readonly life: Life;
  readonly disk: SimDisk;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** A sync takes at least and at most this long, in milliseconds. */
  readonly syncMs?: readonly [least: number, most: number];
  /** Probability that a write is refused, asked at each write. */
  readonly failure?: () => number;
  /** Reports a write as durable before it is, which no real disk may do: for controls that must fail. */
  readonly lies?: boolean;
}

/**
 * The Ledger port on a simulated disk. A write takes effect when its sync ends. If the process ends during
 * the sync, the seed decides whether the write reached the disk: an acknowledged one always did.
 */
export function createSimLedger(options: SimLedgerOptions): Ledger {
  const { disk, random } = options;
  const write = diskWriter(options);
  const listeners = new Set<(decision: DecisionRecord) => void>();
  const forkListeners = new Set<(fork: SimFork) => void>();
  const serviceId = disk.serviceId ?? randomHex(random, 16);
  disk.serviceId = serviceId;

  function record(decision: Omit<DecisionRecord, 'id'>): void {
    const complete = { ...decision, id: disk.decisions.length + 1 };
    disk.decisions.push(complete);
    for (const listener of listeners) listener(complete);
  }

  async function append(items: readonly LedgerItem[]): Promise<void> {
    const forks: SimFork[] = [];
    await write(() => {
      for (const item of items) {
        const fork = forkOf(disk, item.entry, item.hash);
        if (fork !== null) forks.push(fork);
        keep(disk, item);
      }
      for (const { decision } of items) if (decision !== null) record(decision);
    });
    // Here the process has gone on: a frozen one does not learn of its disk's faults in the meantime.
    for (const fork of forks) for (const listener of forkListeners) listener(fork);
  }

  async function changeWords(change: WordChange): Promise<void> {
    checkWord(disk, change);
    await write(() => applyWord(disk, change));
  }

  return {
    serviceId,
    ledgerId: () => disk.ledgerId,
    async bind(ledgerId) {
      if (disk.ledgerId !== null && disk.ledgerId !== ledgerId)
        throw new LedgerFault('the disk belongs to another ledger', 'Use another simulated disk.');
      await write(() => {
        disk.ledgerId = ledgerId;
      });
    },
    head: (mark) => disk.heads.get(mark) ?? null,
    heads: () => disk.heads,
    point: (mark) => pointOf(disk, mark),
    grantsOf: (mark, unit) => grantsOf(disk, mark, unit),
    holds: (mark, epoch, seq, hash) => holds(disk, mark, { epoch, seq, hash }),
    append,
    note: record,
    keepWord: ({ id, text }) => changeWords({ kind: 'keep', word: { id, text } }),
    releaseWord: (id, release) => changeWords({ kind: 'release', id, release: { ...release } }),
    openWords: () => openWords(disk),
    decisions: (query) => pageOf(disk.decisions, query),
    subscribe: (listener) => listenTo(listeners, listener),
    subscribeForks: (listener) => listenTo(forkListeners, listener),
    close: async () => {},
  };
}

/** `apply` happens on the disk, even if the process is frozen. */
function diskWriter({
  life,
  disk,
  clock,
  random,
  syncMs = [1, 3],
  failure = () => 0,
  lies,
}: SimLedgerOptions) {
  return (apply: () => void): Promise<void> =>
    life.outside(async () => {
      if (lies === true) return void clock.after(random.int(...syncMs), apply);
      const refused = disk.full || random.chance(failure());
      const reaches = random.chance(0.5);
      await clock.sleep(random.int(...syncMs));
      if (refused || disk.full)
        throw new LedgerFault('the simulated disk refuses', 'Free the simulated disk.');
      if (life.alive() || reaches) apply();
    });
}

function listenTo<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function keep(disk: SimDisk, { entry, hash }: LedgerItem): void {
  const mark = `${entry.chain}/${entry.key}/${entry.duty}`;
  const entries = disk.entries.get(mark) ?? new Map();
  disk.entries.set(mark, entries);
  if (entries.has(hash)) return;
  const newEpoch = [...entries.values()].every((other) => other.epoch !== entry.epoch);
  entries.set(hash, entry);
  disk.everSynced.add(hash);
  const head = disk.heads.get(mark);
  const higher = head !== undefined && head.epoch === entry.epoch && BigInt(head.seq) < entry.seq;
  if (newEpoch || higher) disk.heads.set(mark, headOf(entry.epoch, entry.seq, hash));
}

function headOf(epoch: string, seq: bigint, hash: string): Head {
  return { epoch, seq: seq.toString(), hash };
}

function pageOf(all: readonly DecisionRecord[], query: DecisionQuery): DecisionPage {
  const { before = Number.POSITIVE_INFINITY, limit, ...filters } = query;
  const wanted = Object.entries(filters).filter(([, value]) => value !== undefined);
  const found = all
    .filter((decision) => decision.id < before)
    .filter((decision) => wanted.every(([name, value]) => decision[name as keyof DecisionRecord] === value))
    .reverse();
  const decisions = found.slice(0, limit);
  return { decisions, next: found.length > limit ? (decisions.at(-1)?.id ?? null) : null };
}
