import type { Clock } from '@watchbill/kit';
import type { SharedRecords, StoredRecord } from '../apply/shared-records.ts';
import { holderText, type LockRecord, readLock } from './lock-record.ts';
import { placeFault } from './targets.ts';

const RELEASE_TIMEOUT_MS = 15_000;

/** One place with the lock of a network. */
export interface LockPlace {
  readonly name: string;
  /** The order in which places are locked: the same for all operators. */
  readonly order: string;
  readonly records: SharedRecords;
}

/** Something about the lock that a person should see. */
export type LockEvent =
  /** Another process holds it. */
  | { readonly kind: 'lock-waiting'; readonly place: string; readonly holder: string }
  /** Its holder ended, or did not renew it. */
  | { readonly kind: 'lock-taken-over'; readonly place: string; readonly holder: string }
  /** The work is done, and a place keeps the lock until it expires, or lacks the end of the work. */
  | { readonly kind: 'lock-left'; readonly place: string; readonly detail: string };

/** How this process holds the lock at one place. */
export interface Hold {
  readonly place: LockPlace;
  readonly version: string;
  /** When the last successful replacement began, on the monotonic clock. */
  readonly renewedAtMs: number;
  readonly record: LockRecord;
}

export async function readAt(
  { name, records }: LockPlace,
  signal: AbortSignal,
): Promise<StoredRecord | null> {
  const read = await records.read('lock', signal);
  if (!read.ok) throw placeFault(name, read.reason, `the lock of the network: ${read.detail}`);
  return read.record;
}

export type Renewed =
  | { readonly hold: Hold }
  /** `isLost`: another process has it. Otherwise a later try may succeed. */
  | { readonly isLost: boolean; readonly detail: string };

/** Replaces the own record. An answer that was lost is found out by a read. */
export async function replaceOwn(hold: Hold, clock: Clock, signal: AbortSignal): Promise<Renewed> {
  const { place, record } = hold;
  let { version } = hold;
  for (;;) {
    const renewedAtMs = clock.monotonicMs();
    const next = { ...record, renewedMs: clock.nowMs(), renewals: record.renewals + 1 };
    const written = await place.records.write('lock', JSON.stringify(next), version, signal);
    if (written.outcome === 'done')
      return { hold: { place, version: written.version, renewedAtMs, record: next } };
    if (written.outcome !== 'changed') return { isLost: false, detail: written.detail };
    const read = await place.records.read('lock', signal);
    if (!read.ok) return { isLost: false, detail: read.detail };
    const now = read.record === null ? null : readLock(read.record.text);
    if (now?.token !== record.token) return { isLost: true, detail: lossText(now) };
    if (read.record === null || read.record.version === version)
      return { isLost: false, detail: written.detail };
    version = read.record.version;
  }
}

function lossText(now: LockRecord | null): string {
  if (now === null) return 'the lock was removed';
  if (now.token === null) return 'another process took the lock, and released it';
  return `now ${holderText(now)} has the lock`;
}

/** A free record stays: it counts how often the lock was taken over. */
export async function giveBack(
  { place, record, version }: Hold,
  { clock, onEvent }: { readonly clock: Clock; readonly onEvent: (event: LockEvent) => void },
): Promise<void> {
  const signal = AbortSignal.timeout(RELEASE_TIMEOUT_MS);
  const free: LockRecord = { ...record, token: null, holder: null, renewedMs: clock.nowMs() };
  const write = (of: string) => place.records.write('lock', JSON.stringify(free), of, signal);
  const written = await write(version);
  if (written.outcome === 'done' || written.outcome === 'missing') return;
  const read = await place.records.read('lock', signal);
  const now = read.ok && read.record !== null ? read.record : null;
  if (read.ok && (now === null || readLock(now.text)?.token !== record.token)) return;
  // An earlier replacement whose answer was lost changed the version.
  if (now !== null && (await write(now.version)).outcome === 'done') return;
  onEvent({ kind: 'lock-left', place: place.name, detail: written.detail });
}
