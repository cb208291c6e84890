import { randomUUID } from 'node:crypto';
import { type Clock, Fault, fault } from '@watchbill/kit';
import type { StoredRecord } from '../apply/shared-records.ts';
import { giveBack, type Hold, type LockEvent, type LockPlace, readAt, replaceOwn } from './lock-place.ts';
import { hasEnded, holderText, type LockHolder, type LockRecord, readLock } from './lock-record.ts';
import { placeFault } from './targets.ts';

/** A record that did not change for this long, as this process saw it, has no live holder. */
export const LOCK_EXPIRY_MS = 60_000;
/** The holder relies on a record for this long after it began to replace it. */
export const LOCK_RIGHT_MS = 45_000;
const RENEW_EVERY_MS = 15_000;
const LOOK_EVERY_MS = 1_000;
/** For one renewal at one place. */
const RENEW_TIMEOUT_MS = 10_000;
/** Replacements before a signing step, if an answer is lost. */
const MOST_CONFIRMS = 3;
/** Tries to take a lock that is free, of which each fails because another process is faster. */
const MOST_LOST = 20;

/** Runs the work again and again until the signal aborts. */
export type Repeat = (everyMs: number, work: () => Promise<void>, signal: AbortSignal) => void;

export interface LockSettings {
  readonly network: string;
  readonly places: readonly LockPlace[];
  readonly holder: LockHolder;
  /** For a person: `apply plan 5ab1c0ffee00`. */
  readonly work: string;
  readonly clock: Clock;
  readonly repeat: Repeat;
  /** Longest wait for a process that holds it. */
  readonly waitMs: number;
  readonly onEvent: (event: LockEvent) => void;
  readonly signal: AbortSignal;
}

export interface NetworkLock {
  /** Places where it is held now. The others have no namespace yet. */
  readonly held: () => readonly LockPlace[];
  /** Why the holder lost its right; null if it has it. */
  readonly lost: () => string | null;
  /**
   * Replaces the record at every place, and takes the lock where a namespace was made since then. Null if all
   * is held; otherwise the reason.
   */
  readonly confirm: (signal: AbortSignal) => Promise<string | null>;
  /** Idempotent. Never throws: a record that cannot be replaced expires. */
  readonly release: () => Promise<void>;
}

interface Locking {
  readonly settings: LockSettings;
  readonly token: string;
  /** By the order of the place, as `seen`. */
  readonly holds: Map<string, Hold>;
  /** The time at which this process first saw the present version of a record. */
  readonly seen: Map<string, { readonly version: string; readonly atMs: number }>;
  /** Ends the renewals. */
  readonly stop: AbortController;
  lostBecause: string | null;
  /** The last renewal. The next one waits for it: two at once would each see the other as another process. */
  renewing: Promise<string | null>;
}

/**
 * Takes the lock of a network at all places, one after the other. Throws a Fault `network-locked` if another
 * process holds it at the end of the wait, and a Fault if a place cannot be read or written. See decision
 * 0025.
 */
export async function lockNetwork(settings: LockSettings): Promise<NetworkLock> {
  const locking: Locking = {
    ...{ settings, token: randomUUID(), holds: new Map(), seen: new Map(), stop: new AbortController() },
    ...{ lostBecause: null, renewing: Promise.resolve(null) },
  };
  const { signal } = locking.stop;
  settings.repeat(RENEW_EVERY_MS, async () => void (await renewAll(locking, signal)), signal);
  try {
    await takeAll(locking);
  } catch (error) {
    await release(locking);
    throw error;
  }
  return {
    held: () => [...locking.holds.values()].map(({ place }) => place),
    lost: () => lostOf(locking),
    confirm: (outer) => confirm(locking, outer),
    release: () => release(locking),
  };
}

function lostOf({ lostBecause, holds, settings }: Locking): string | null {
  const nowMs = settings.clock.monotonicMs();
  const isOld = [...holds.values()].some(({ renewedAtMs }) => nowMs - renewedAtMs > LOCK_RIGHT_MS);
  return lostBecause ?? (isOld ? `it was not renewed for ${LOCK_RIGHT_MS / 1_000} s` : null);
}

async function confirm(locking: Locking, signal: AbortSignal): Promise<string | null> {
  for (let tries = 1; ; tries++) {
    const problem = await renewAll(locking, signal);
    if (locking.lostBecause !== null) return locking.lostBecause;
    if (problem === null) break;
    if (tries === MOST_CONFIRMS) return problem;
    await locking.settings.clock.sleep(LOOK_EVERY_MS, signal);
  }
  try {
    await takeAll(locking);
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
  return lostOf(locking);
}

async function release(locking: Locking): Promise<void> {
  locking.stop.abort();
  await locking.renewing;
  const all = [...locking.holds.values()];
  locking.holds.clear();
  await Promise.all(all.map((hold) => giveBack(hold, locking.settings)));
}

/** Null if every record was replaced; otherwise the reason. */
function renewAll(locking: Locking, signal: AbortSignal): Promise<string | null> {
  const { holds, settings } = locking;
  const renew = async (hold: Hold): Promise<string | null> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(RENEW_TIMEOUT_MS)]);
    const renewed = await replaceOwn(hold, settings.clock, limit);
    if ('hold' in renewed) {
      holds.set(hold.place.order, renewed.hold);
      return null;
    }
    const detail = `${hold.place.name}: ${renewed.detail}`;
    if (renewed.isLost) locking.lostBecause ??= detail;
    return detail;
  };
  locking.renewing = locking.renewing.then(async () => {
    const problems = await Promise.all([...holds.values()].map(renew));
    return problems.find((one) => one !== null) ?? null;
  });
  return locking.renewing;
}

async function takeAll(locking: Locking): Promise<void> {
  const { settings, holds } = locking;
  const beganMs = settings.clock.monotonicMs();
  const sorted = [...settings.places].sort((one, other) => (one.order < other.order ? -1 : 1));
  const open = sorted.filter(({ order }) => !holds.has(order));
  // A holder that died left all places: their records grow old at the same time.
  await Promise.all(open.map((place) => observe(locking, place)));
  for (const place of open) {
    const hold = await take(locking, place, beganMs);
    if (hold !== null) holds.set(place.order, hold);
  }
}

/** Takes the lock at one place, or waits for it. Null if its namespace does not exist. */
async function take(locking: Locking, place: LockPlace, beganMs: number): Promise<Hold | null> {
  const { clock, signal, waitMs, onEvent } = locking.settings;
  let isWaiting = false;
  for (let lost = 0; ; ) {
    const found = await observe(locking, place);
    const before = found === null ? null : readLock(found.text);
    if (isOpen(locking, place, found)) {
      const taken = await write(locking, place, found);
      if (taken === 'missing') return null;
      if (taken !== 'again') return taken;
      lost += 1;
      if (lost < MOST_LOST) continue;
    }
    const isOver = signal.aborted || clock.monotonicMs() - beganMs >= waitMs;
    if (isOver || lost >= MOST_LOST) throw lockedFault(place, before, locking.settings);
    if (!isWaiting) onEvent({ kind: 'lock-waiting', place: place.name, holder: holderText(before) });
    isWaiting = true;
    await clock.sleep(LOOK_EVERY_MS, signal);
    const others = locking.settings.places.filter(({ order }) => !locking.holds.has(order));
    await Promise.all(others.map((one) => observe(locking, one)));
  }
}

/** Reads a record, and notes since when it has its version. */
async function observe({ settings, seen }: Locking, place: LockPlace): Promise<StoredRecord | null> {
  const found = await readAt(place, settings.signal);
  if (found === null) seen.delete(place.order);
  else if (seen.get(place.order)?.version !== found.version)
    seen.set(place.order, { version: found.version, atMs: settings.clock.monotonicMs() });
  return found;
}

/** Whether this process may take it: it is free or its own, or its holder ended or does not renew it. */
function isOpen({ settings, seen, token }: Locking, place: LockPlace, found: StoredRecord | null): boolean {
  const record = found === null ? null : readLock(found.text);
  const since = seen.get(place.order);
  if (found === null || since === undefined) return true;
  if (settings.clock.monotonicMs() - since.atMs >= LOCK_EXPIRY_MS) return true;
  if (record === null) return false;
  if (record.token === null || record.token === token) return true;
  return record.holder !== null && hasEnded(record.holder, settings.holder);
}

/** `again`: another process was faster, or the answer was lost. */
async function write(
  { settings, token }: Locking,
  place: LockPlace,
  found: StoredRecord | null,
): Promise<Hold | 'missing' | 'again'> {
  const { clock, holder, work, signal, onEvent } = settings;
  const before = found === null ? null : readLock(found.text);
  const isTaken = found !== null && (before === null || (before.token !== null && before.token !== token));
  const [renewedAtMs, nowMs] = [clock.monotonicMs(), clock.nowMs()];
  const takeovers = (before?.takeovers ?? 0) + (isTaken ? 1 : 0);
  const times = { sinceMs: nowMs, renewedMs: nowMs, renewals: 0, takeovers };
  const record: LockRecord = { format: 'watchbill/lock/1', token, holder, work, ...times };
  const text = JSON.stringify(record);
  const written = await place.records.write('lock', text, found?.version ?? null, signal);
  if (written.outcome === 'missing') return 'missing';
  if (written.outcome === 'forbidden' || written.outcome === 'unreachable')
    throw placeFault(place.name, written.outcome, `the lock of the network: ${written.detail}`);
  if (written.outcome !== 'done') return 'again';
  if (isTaken) onEvent({ kind: 'lock-taken-over', place: place.name, holder: holderText(before) });
  return { place, version: written.version, renewedAtMs, record };
}

function lockedFault(place: LockPlace, record: LockRecord | null, { network }: LockSettings): Fault {
  return fault('network-locked', 'denied', {
    what: `another process works on network ${network}: ${holderText(record)}`,
    where: place.name,
    remedy: `wait for it with --wait 600; if that process ended without releasing the lock, --wait ${LOCK_EXPIRY_MS / 1_000 + 10} takes the lock over`,
  });
}

/** The background loop of a real process. */
export function repeatWith(clock: Clock): Repeat {
  return (everyMs, work, signal) => {
    void (async () => {
      for (;;) {
        await clock.sleep(everyMs, signal);
        if (signal.aborted) return;
        await work();
      }
    })();
  };
}
