import { readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { jsonOrNull } from '@watchbill/kit';
import { bootId } from '@watchbill/kit/files';
import { z } from 'zod';
import { processMark, sameProcess } from '../lock/process-mark.ts';

const HOLDER = z.object({
  user: z.string(),
  host: z.string(),
  pid: z.number(),
  /** Boot, process namespace and user of the process; empty if the system does not show them. */
  origin: z.string(),
  startTicks: z.string(),
});

/** The process that holds a lock, or asks for it. */
export type LockHolder = Readonly<z.output<typeof HOLDER>>;

const RECORD = z.object({
  format: z.literal('watchbill/lock/1'),
  /** Identifies the run that holds it; null: it is free. */
  token: z.string().nullable(),
  holder: HOLDER.nullable(),
  /** For a person: `apply plan 5ab1c0ffee00`. */
  work: z.string(),
  /** By the clock of the holder, for people only. */
  sinceMs: z.number(),
  renewedMs: z.number(),
  renewals: z.number(),
  /** How often the lock was taken from a holder that no longer renewed it. */
  takeovers: z.number(),
});
export type LockRecord = Readonly<z.output<typeof RECORD>>;

/** Null: the text is damaged, and its holder is unknown. */
export function readLock(text: string): LockRecord | null {
  return RECORD.safeParse(jsonOrNull(text)).data ?? null;
}

/** This process. */
export function thisHolder(): LockHolder {
  const { pid } = process;
  const startTicks = processMark(pid)?.startTicks ?? '';
  return { user: userName(), host: hostname(), pid, origin: originOf(), startTicks };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user without a name.
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** A process id means the same process only in one process namespace of one boot. */
function originOf(): string {
  try {
    return `${bootId()} ${readlinkSync('/proc/self/ns/pid')} ${process.getuid?.() ?? ''}`;
  } catch {
    return '';
  }
}

/** Whether the holder was a process of this machine that ended. False if that cannot be seen from here. */
export function hasEnded({ origin, pid, startTicks }: LockHolder, own: LockHolder): boolean {
  if (origin === '' || startTicks === '' || origin !== own.origin) return false;
  return !sameProcess({ pid, startTicks });
}

/** `apply plan 5ab1c0ffee00 of alice@laptop (process 4711), since 2026-11-23 04:20:11 UTC`. */
export function holderText(record: LockRecord | null): string {
  if (record?.holder == null) return 'an unknown process';
  const { user, host, pid } = record.holder;
  const since = new Date(record.sinceMs).toISOString().replace('T', ' ').slice(0, 19);
  return `${record.work} of ${user}@${host} (process ${pid}), since ${since} UTC`;
}
