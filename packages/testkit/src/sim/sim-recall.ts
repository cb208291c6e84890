import { compareUnits, type LedgerEntry, type LedgerPoint, type Unit } from '@watchbill/duty/rule';
import type { Ledger } from '@watchbill/duty/service';
import type { SimDisk } from './sim-disk.ts';

/**
 * The reading members of the Ledger port, written a second time in the simplest way: by a walk through all
 * entries of the mark. The port describes them.
 */
export type SimFork = Parameters<Parameters<Ledger['subscribeForks']>[0]>[0];
type GrantLines = ReturnType<Ledger['grantsOf']>;
/** The port's limit of entries. */
const LOOK_BACK = 512;

interface Place {
  readonly epoch: string;
  readonly seq: bigint;
  readonly hash: string;
}

export function pointOf(disk: SimDisk, mark: string): LedgerPoint | null {
  const head = disk.heads.get(mark);
  const entry = head === undefined ? undefined : disk.entries.get(mark)?.get(head.hash);
  if (head === undefined || entry === undefined) return null;
  const all = [...(disk.entries.get(mark)?.values() ?? [])];
  return pointOfEntry(entry, head.hash, topOf(all.filter(({ epoch }) => epoch === head.epoch)));
}

export function holds(disk: SimDisk, mark: string, { epoch, seq, hash }: Place): boolean {
  const entry = disk.entries.get(mark)?.get(hash);
  return entry !== undefined && entry.epoch === epoch && entry.seq === seq;
}

export function grantsOf(disk: SimDisk, mark: string, unit: Unit): GrantLines {
  const head = disk.heads.get(mark);
  if (head === undefined) return [];
  return newest(disk, mark, head.epoch, BigInt(head.seq))
    .filter((entry) => entry.unit !== null && compareUnits(entry.unit, unit) === 0)
    .flatMap(({ parts, digest, nonce, service }) =>
      parts.map((part) => ({ part, digest: part === 'enter' ? null : digest, nonce, service })),
    );
}

/** The fork between an entry and those on the disk. */
export function forkOf(disk: SimDisk, entry: LedgerEntry, hash: string): SimFork | null {
  const { chain, key, duty, epoch, seq } = entry;
  const mark = `${chain}/${key}/${duty}`;
  const entries = disk.entries.get(mark);
  if (entries === undefined || entries.has(hash)) return null;
  for (const [first, other] of entries) {
    if (other.epoch === epoch && other.seq === seq)
      return { mark, epoch, seq: seq.toString(), hashes: [first, hash] };
  }
  return null;
}

/** Lowest seq first. */
function newest(disk: SimDisk, mark: string, inEpoch: string, upTo: bigint): readonly LedgerEntry[] {
  return [...(disk.entries.get(mark)?.values() ?? [])]
    .filter(({ epoch, seq }) => epoch === inEpoch && seq <= upTo)
    .sort((a, b) => Number(a.seq - b.seq))
    .slice(-LOOK_BACK);
}

function topOf(entries: readonly LedgerEntry[]): Unit | null {
  const units = entries.map(({ unit }) => unit).filter((unit) => unit !== null);
  return units.toSorted(compareUnits).at(-1) ?? null;
}

function pointOfEntry({ epoch, seq, unit, parts, nonce }: LedgerEntry, hash: string, top: Unit | null) {
  return { epoch, seq, hash, unit, part: parts[0] ?? null, nonce, top };
}
