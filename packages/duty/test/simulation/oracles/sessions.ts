import type { AnswerEvent, SimEvent, WriteEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/**
 * N: after the store went back, a service grants only in a session that it opened since. The restore took the
 * store to before the last renewal of each session, so each older one is over.
 */
export function grantedInLostSession(events: readonly SimEvent[]): Violation | null {
  let restore: SimEvent | null = null;
  const opened = new Set<string>();
  for (const event of events) {
    if (event.kind === 'restore' && event.store) {
      restore = event;
      opened.clear();
    }
    if (event.kind === 'session') opened.add(event.service);
    if (restore === null) continue;
    const service = granterOf(event, restore.atMs);
    if (service === null || opened.has(service)) continue;
    const what = 'a service granted after the store went back, in the session of before';
    return { promise: 'N', what, events: [restore, event] };
  }
  return null;
}

/** Id of the service that grants here, for claims that came after the moment. */
function granterOf(event: SimEvent, sinceMs: number): string | null {
  if (event.kind === 'write') return event.act === 'grant' ? event.service : null;
  if (event.kind !== 'reply' || event.reply.outcome !== 'granted' || event.arrivedMs <= sinceMs) return null;
  return event.serviceId;
}

/**
 * D: a grant is told only in the session in which it was written, and not if the service answered another one
 * about its memory in between and left the grant out: what was not told yet is dropped.
 */
export function toldAfterDrop(events: readonly SimEvent[]): Violation | null {
  const writes = new Map<string, WriteEvent>();
  const drops: SimEvent[] = [];
  for (const event of events) {
    if (event.kind === 'write') writes.set(claimOf(event), event);
    if (event.kind === 'session' || event.kind === 'asked') drops.push(event);
    if (event.kind !== 'reply' || event.reply.reason !== 'new' || event.via === 'original') continue;
    const write = writes.get(claimOf({ ...event.reply, parts: [event.reply.part] }));
    if (write === undefined || write.service !== event.serviceId || event.reply.head?.hash !== write.hash)
      continue;
    const drop = drops.find((one) => isDropping(one, write, event));
    if (drop === undefined) continue;
    const when = drop.kind === 'asked' ? 'another service had asked for its memory' : 'its session was over';
    return { promise: 'D', what: `a service told a grant after ${when}`, events: [write, drop, event] };
  }
  return null;
}

function claimOf({
  key,
  duty,
  unit,
  parts,
  digest,
  incarnation,
}: Pick<WriteEvent, 'key' | 'duty' | 'unit' | 'parts' | 'digest' | 'incarnation'>): string {
  const bytes = digest === null ? '' : digest.replace(/^0x/, '');
  return `${key} ${duty} ${unit} ${parts.join()} ${bytes} ${incarnation}`;
}

function isDropping(drop: SimEvent, write: WriteEvent, { atMs, serviceId }: AnswerEvent): boolean {
  if (drop.kind !== 'asked' && drop.kind !== 'session') return false;
  if (drop.service !== serviceId || drop.atMs <= write.atMs || drop.atMs >= atMs) return false;
  return drop.kind === 'session' || (drop.remembers.get(write.mark) ?? 0n) < write.seq;
}

/** A step of the clock within this time after the opening may count as part of the opening. */
const GRACE_MS = 250;
/** The allowed skew of the simulated policies. */
const SKEW_MS = 500;

/** C: a service whose wall clock moved by more than the skew since its session began grants nothing in it. */
export function grantedAfterClockStep(events: readonly SimEvent[]): Violation | null {
  const sessions = new Map<
    string,
    { atMs: number; graceMs: number; movedMs: number; step: SimEvent | null }
  >();
  for (const event of events) {
    if (event.kind === 'session')
      sessions.set(event.service, { atMs: event.atMs, graceMs: 0, movedMs: 0, step: null });
    if (event.kind === 'clock' && event.service !== null) {
      const session = sessions.get(event.service);
      if (session === undefined) continue;
      if (event.atMs - session.atMs <= GRACE_MS) session.graceMs += event.byMs;
      else session.movedMs += event.byMs;
      const { movedMs, graceMs } = session;
      const leastMs = Math.min(Math.abs(movedMs), Math.abs(movedMs + graceMs));
      session.step = leastMs > SKEW_MS + GRACE_MS ? event : null;
    }
    if (event.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    const step = sessions.get(event.serviceId)?.step ?? null;
    if (step === null || event.arrivedMs <= step.atMs) continue;
    const what = `${event.service} granted though its clock had stepped since its session began`;
    return { promise: 'C', what, events: [step, event] };
  }
  return null;
}

/** F: a service that met a fork in its own ledger grants nothing in that session. */
export function grantedAfterFork(events: readonly SimEvent[]): Violation | null {
  const forks = new Map<string, SimEvent>();
  for (const event of events) {
    if (event.kind === 'session') forks.delete(event.service);
    if (event.kind === 'fork') forks.set(event.service, event);
    if (event.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    const fork = forks.get(event.serviceId);
    if (fork === undefined) continue;
    const what = `${event.service} granted in the session in which it met a fork`;
    return { promise: 'F', what, events: [fork, event] };
  }
  return null;
}
