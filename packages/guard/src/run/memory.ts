import { readFileSync, rmSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { jsonOrNull } from '@watchbill/base';
import { readJsonOrNullSync, replaceFileSync } from '@watchbill/base/files';
import { GuardFault } from '../fault.ts';
import type { ContinuityToken, FolderIdentity } from '../restart/continuity.ts';

/** The durable slot mark, on disk. */
export interface MarkFile {
  /** Null if there is none yet. Throws if the file is damaged: a guess could sign a slot again. */
  read(): bigint | null;
  /** Returns when the mark survives a power cut. */
  write(mark: bigint): void;
}

/** For example `{"slotMark":"1795160411"}` in `/var/lib/watchbill-guard/slot-mark.json`. */
export function markFile(folder: string): MarkFile {
  const path = join(folder, 'slot-mark.json');
  return {
    read: () => {
      const text = textOrNull(path);
      if (text === null) return null;
      const value: unknown = jsonOrNull(text);
      const mark = isPlain(value) ? bigintOf(value.slotMark) : null;
      if (mark !== null) return mark;
      const remedy =
        'restore it; or remove it once the clock is past every slot that this key may have signed';
      throw new GuardFault('state', `${path} holds no slot mark`, remedy);
    },
    write: (mark) =>
      replaceFileSync({ path, text: `${JSON.stringify({ slotMark: `${mark}` })}\n`, mode: 0o600 }),
  };
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
interface Fields {
  readonly slotMark?: unknown;
  readonly bootId?: unknown;
  readonly database?: unknown;
  readonly device?: unknown;
  readonly inode?: unknown;
  readonly bornNs?: unknown;
  readonly finalized?: unknown;
  readonly uptimeMs?: unknown;
}

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
