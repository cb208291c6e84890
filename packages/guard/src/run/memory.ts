import { statSync } from 'node:fs';
import { uptime } from 'node:os';
import { readJsonOrNullSync } from '@watchbill/kit/files';
import type { ContinuityToken, FolderIdentity } from '../restart/continuity.ts';
import type { Round } from '../restart/round.ts';
import { damagedFile, membersOf, stateFile, wholeOf, wholesOf } from '../state-file.ts';

/** The highest units that keys of this machine may have signed already. Null: they signed none. */
export interface Marks {
  /** The slot mark: no block is signed above it. */
  readonly slot: bigint | null;
  /** The round mark: the highest round in which the guard saw the own voter with its key. */
  readonly round: Round | null;
}

const MARKS_VERSION = 1;

/**
 * The durable marks, for example `{"round":{"round":"803","setId":"12"},"slot":"1795160411","version":1}` in
 * `/var/lib/watchbill-guard/marks.json`.
 */
export function markFile(folder: string) {
  const remedy =
    'restore it; or remove it once the chain is past every slot and round that these keys may have signed';
  const damaged = damagedFile(`does not hold marks of version ${MARKS_VERSION}`, remedy);
  const file = stateFile([folder, 'marks.json'], marksOf, damaged);
  return {
    /** Throws if the file is damaged: a guess could sign a slot or a round again. */
    read: (): Marks => {
      const { slot, round } = file.read() ?? { slot: null, round: null };
      return { slot, round };
    },
    /** Returns when the marks survive a power cut. */
    write: ({ slot, round }: Marks): void => file.write({ version: MARKS_VERSION, slot, round }),
  };
}

export type MarkFile = ReturnType<typeof markFile>;

/** Null if it is of another version, or a part of it is missing or damaged. */
function marksOf(value: unknown): (Marks & { readonly version: number }) | null {
  const { version, ...read } = membersOf(value);
  const [slot, round] = [wholeOf(read.slot), wholesOf(read.round, ['setId', 'round'])];
  const isDamaged = (slot === null && read.slot !== null) || (round === null && read.round !== null);
  return version !== MARKS_VERSION || isDamaged ? null : { version, slot, round };
}

/** The continuity token, in the folder in memory. */
export function tokenFile(folder: string) {
  const { path, write, remove } = stateFile([folder, 'continuity.json'], tokenOf, () => null);
  /** Null if there is none, or if it cannot be read: then continuity is not proven. */
  const read = (): ContinuityToken | null => tokenOf(readJsonOrNullSync(path));
  return { read, write, remove };
}

export type TokenFile = ReturnType<typeof tokenFile>;

function tokenOf(value: unknown): ContinuityToken | null {
  const { bootId, uptimeMs, ...read } = membersOf(value);
  const database = wholesOf(read.database, ['device', 'inode', 'bornNs']);
  const finalized = wholeOf(read.finalized);
  if (typeof bootId !== 'string' || typeof uptimeMs !== 'number') return null;
  return database === null || finalized === null ? null : { bootId, uptimeMs, database, finalized };
}

/**
 * Milliseconds since the boot; time in suspend counts, and no step of the clock changes it. Node has no call
 * for CLOCK_BOOTTIME: `process.hrtime` and `performance.now` are CLOCK_MONOTONIC, which stands still in
 * suspend. `os.uptime` reads `/proc/uptime`, which the kernel computes from CLOCK_BOOTTIME (`proc(5)`,
 * `clock_gettime(2)`), in steps of 10 ms.
 */
export function uptimeMs(): number {
  return uptime() * 1_000;
}

/** Null if there is no such folder yet, as before the first start of a node. */
export function folderIdentity(path: string): FolderIdentity | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory()) return null;
  return { device: stat.dev, inode: stat.ino, bornNs: stat.birthtimeNs };
}
