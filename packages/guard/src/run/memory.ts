import { readFileSync, rmSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { jsonOrNull } from '@watchbill/kit';
import { readJsonOrNullSync, replaceFileSync } from '@watchbill/kit/files';
import { GuardFault } from '../fault.ts';
import type { ContinuityToken, FolderIdentity } from '../restart/continuity.ts';
import type { Round } from '../restart/round.ts';

/** The highest units that keys of this machine may have signed already. Null: they signed none. */
export interface Marks {
  /** The slot mark: no block is signed above it. */
  readonly slot: bigint | null;
  /** The round mark: the highest round in which the guard saw the own voter with its key. */
  readonly round: Round | null;
}

/** The durable marks, on disk. */
export interface MarkFile {
  /** Throws if the file is damaged: a guess could sign a slot or a round again. */
  read(): Marks;
  /** Returns when the marks survive a power cut. */
  write(marks: Marks): void;
}

const MARKS_VERSION = 1;

/**
 * For example `{"version":1,"slot":"1795160411","round":{"setId":"12","round":"803"}}` in
 * `/var/lib/watchbill-guard/marks.json`.
 */
export function markFile(folder: string): MarkFile {
  const path = join(folder, 'marks.json');
  return {
    read: () => {
      const text = textOrNull(path);
      if (text === null) return { slot: null, round: null };
      const marks = marksOf(jsonOrNull(text));
      if (marks !== null) return marks;
      const remedy =
        'restore it; or remove it once the chain is past every slot and round that these keys may have signed';
      throw new GuardFault('state', `${path} does not hold marks of version ${MARKS_VERSION}`, remedy);
    },
    write: ({ slot, round }) => {
      const rounds = round && { setId: `${round.setId}`, round: `${round.round}` };
      const marks = { version: MARKS_VERSION, slot: slot === null ? null : `${slot}`, round: rounds };
      replaceFileSync({ path, text: `${JSON.stringify(marks)}\n`, mode: 0o600 });
    },
  };
}

/** Null if it is of another version, or a part of it is missing or damaged. */
function marksOf(value: unknown): Marks | null {
  if (!isPlain(value) || value.version !== MARKS_VERSION) return null;
  const slot = bigintOf(value.slot);
  if (slot === null && value.slot !== null) return null;
  if (value.round === null) return { slot, round: null };
  if (!isPlain(value.round)) return null;
  const [setId, round] = [bigintOf(value.round.setId), bigintOf(value.round.round)];
  return setId === null || round === null ? null : { slot, round: { setId, round } };
}

function textOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The continuity token, in the folder in memory. */
export interface TokenFile {
  /** Null if there is none, or if it cannot be read: then continuity is not proven. */
  read(): ContinuityToken | null;
  write(token: ContinuityToken): void;
  remove(): void;
}

export function tokenFile(folder: string): TokenFile {
  const path = join(folder, 'continuity.json');
  return {
    read: () => tokenOf(readJsonOrNullSync(path)),
    write: (token) => replaceFileSync({ path, text: tokenText(token), mode: 0o600 }),
    remove: () => rmSync(path, { force: true }),
  };
}

function tokenText({ bootId, database, finalized, uptimeMs }: ContinuityToken): string {
  const { device, inode, bornNs } = database;
  const numbers = { device: `${device}`, inode: `${inode}`, bornNs: `${bornNs}` };
  return `${JSON.stringify({ bootId, database: numbers, finalized: `${finalized}`, uptimeMs })}\n`;
}

function tokenOf(value: unknown): ContinuityToken | null {
  if (!isPlain(value) || !isPlain(value.database) || typeof value.bootId !== 'string') return null;
  if (typeof value.uptimeMs !== 'number') return null;
  const [device, inode, bornNs] = [value.database.device, value.database.inode, value.database.bornNs].map(
    bigintOf,
  );
  const finalized = bigintOf(value.finalized);
  if (device == null || inode == null || bornNs == null || finalized === null) return null;
  return { bootId: value.bootId, database: { device, inode, bornNs }, finalized, uptimeMs: value.uptimeMs };
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> & Fields {
  return typeof value === 'object' && value !== null;
}

/** Every field that is read, so that a mistyped one is seen. */
type Fields = Partial<Readonly<Record<MarkField | TokenField, unknown>>>;
type MarkField = 'version' | 'slot' | 'round' | 'setId';
type TokenField = 'bootId' | 'database' | 'device' | 'inode' | 'bornNs' | 'finalized' | 'uptimeMs';

function bigintOf(value: unknown): bigint | null {
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : null;
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
