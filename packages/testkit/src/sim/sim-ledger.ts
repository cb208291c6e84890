import type { VirtualClock } from '@watchbill/base/testing';
import {
  type DecisionPage,
  type DecisionQuery,
  type DecisionRecord,
  type Head,
  type Ledger,
  LedgerFault,
  type LedgerItem,
} from '@watchbill/permit';
import { randomHex } from '@watchbill/store';
import type { Life } from './host.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimDisk } from './sim-disk.ts';

export interface SimLedgerOptions {
  readonly life: Life;
  readonly disk: SimDisk;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** A sync takes at least and at most this long, in milliseconds. */
  readonly syncMs?: readonly [least: number, most: number];
  /** Probability that an append is refused. */
  readonly failure?: number;
  /** Says that a write is durable before it is, as no disk may: for controls that must be caught. */
  readonly lies?: boolean;
}

/**
 * The Ledger port on a simulated disk. A write takes effect when its sync ends. Where the process ends during the
 * sync, the seed decides whether the write reached the disk: an acknowledged one always did.
 */
export function createSimLedger(options: SimLedgerOptions): Ledger {
  const { life, disk, clock, random } = options;
  const listeners = new Set<(decision: DecisionRecord) => void>();
  const serviceId = disk.serviceId ?? randomHex(random, 16);
  disk.serviceId = serviceId;

  /** `apply` happens on the disk, also where the process is frozen meanwhile. */
  function write(apply: () => void): Promise<void> {
    return life.outside(async () => {
      if (options.lies === true) return void clock.after(random.int(...(options.syncMs ?? [1, 3])), apply);
      const refused = disk.full || random.chance(options.failure ?? 0);
      const reaches = random.chance(0.5);
      await clock.sleep(random.int(...(options.syncMs ?? [1, 3])));
      if (refused || disk.full)
        throw new LedgerFault('the simulated disk refuses', 'Free the simulated disk.');
      if (life.alive() || reaches) apply();
    });
  }

  function record(decision: Omit<DecisionRecord, 'id'>): void {
    const complete = { ...decision, id: disk.decisions.length + 1 };
    disk.decisions.push(complete);
    for (const listener of listeners) listener(complete);
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
    append: (items) =>
      write(() => {
        for (const item of items) keep(disk, item);
        for (const { decision } of items) if (decision !== null) record(decision);
      }),
    note: record,
    decisions: (query) => pageOf(disk.decisions, query),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {},
  };
}

function keep(disk: SimDisk, { entry, hash }: LedgerItem): void {
  const mark = `${entry.chain}/${entry.key}/${entry.duty}`;
  const entries = disk.entries.get(mark) ?? new Map();
  disk.entries.set(mark, entries);
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
