import { dutyNamed } from '@watchbill/duty/rule';
import type { ClaimReply } from '@watchbill/duty/service';
import type { HistoryEvent, ReleaseEvent, ReplyEvent, ToldEvent } from './history.ts';

export interface Violation {
  /** The invariant of the claim protocol, section 1. */
  readonly invariant: 'I' | 'J' | 'K';
  readonly what: string;
  /** The events concerned, oldest first. */
  readonly events: readonly HistoryEvent[];
}

/** One part of one unit of one key. */
interface Act {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly part: string;
}

type Check = (event: HistoryEvent) => Violation | null;

/**
 * The first event of a history that breaks a promise, or null. Independent of the service: it keeps a map of
 * everything that was ever granted or released.
 */
export function findViolation(events: readonly HistoryEvent[]): Violation | null {
  const checks: readonly Check[] = [oneDigest(), oneIncarnation(), toldOnce(), sealedOnce(), grantedFirst()];
  for (const event of events) {
    for (const check of checks) {
      const violation = check(event);
      if (violation !== null) return violation;
    }
  }
  return null;
}

/** Throws with the seed, the violation and its events; does nothing for a history that keeps the promises. */
export function assertKept(events: readonly HistoryEvent[], seed: number | string): void {
  const violation = findViolation(events);
  if (violation === null) return;
  const lines = violation.events.map((event) => JSON.stringify(event));
  throw new Error(
    [
      `invariant ${violation.invariant} broken: ${violation.what}`,
      `run again with SEED=${seed}`,
      ...lines,
    ].join('\n'),
  );
}

function isGrant(event: HistoryEvent): event is ReplyEvent {
  return event.kind === 'reply' && event.reply.outcome === 'granted';
}

function nameOf(act: Act): string {
  return [act.chain, act.key, act.duty, act.unit, act.part].join(' ');
}

/** I: at most one digest, for all callers and repeats. `enter` binds none. */
function oneDigest(): Check {
  const first = new Map<string, ReplyEvent>();
  return (event) => {
    if (!isGrant(event) || event.reply.part === 'enter') return null;
    const name = nameOf(event.reply);
    const before = first.get(name);
    if (before === undefined) first.set(name, event);
    if (before === undefined || before.reply.digest === event.reply.digest) return null;
    return { invariant: 'I', what: `two digests were granted for ${name}`, events: [before, event] };
  };
}

/** J: if the signature is randomised, one incarnation. */
function oneIncarnation(): Check {
  const first = new Map<string, ReplyEvent>();
  return (event) => {
    if (!isGrant(event) || dutyNamed(event.reply.duty)?.owner !== 'incarnation') return null;
    const name = nameOf(event.reply);
    const before = first.get(name);
    if (before === undefined) first.set(name, event);
    if (before === undefined || ownerOf(before) === ownerOf(event)) return null;
    return { invariant: 'J', what: `two incarnations were granted ${name}`, events: [before, event] };
  };
}

function ownerOf({ node, reply }: ReplyEvent): string {
  return `${node} ${reply.incarnation}`;
}

/** J: a claim without a digest gets at most one grant, `enter` apart. */
function toldOnce(): Check {
  const first = new Map<string, ReplyEvent>();
  return (event) => {
    if (!isGrant(event) || event.reply.part === 'enter' || event.reply.digest !== null) return null;
    const name = nameOf(event.reply);
    const before = first.get(name);
    first.set(name, before ?? event);
    if (before === undefined) return null;
    return { invariant: 'J', what: `${name} was granted twice without a digest`, events: [before, event] };
  };
}

/** J: a unit of randomised signatures seals once; every other part lets out one payload. */
function sealedOnce(): Check {
  const first = new Map<string, ReleaseEvent>();
  return (event) => {
    if (event.kind !== 'release') return null;
    const name = nameOf(event);
    const before = first.get(name);
    first.set(name, before ?? event);
    if (before === undefined) return null;
    if (dutyNamed(event.duty)?.owner === 'incarnation')
      return { invariant: 'J', what: `${name} was sealed twice`, events: [before, event] };
    if (before.digest === event.digest) return null;
    return { invariant: 'I', what: `two payloads were signed for ${name}`, events: [before, event] };
  };
}

/**
 * K: a grant leaves a service only when its entry is durable there, and a signature only after the node
 * received its grant.
 */
function grantedFirst(): Check {
  const told = new Map<string, ToldEvent>();
  return (event) => {
    if (isGrant(event) && !event.durable)
      return { invariant: 'K', what: 'a grant was sent before its entry was durable', events: [event] };
    if (event.kind === 'told' && event.reply.outcome === 'granted')
      told.set(grantName(event.reply, event.node, event.incarnation), event);
    if (event.kind !== 'release' || told.has(grantName(event, event.node, event.incarnation))) return null;
    return { invariant: 'K', what: `${nameOf(event)} was signed without a grant`, events: [event] };
  };
}

function grantName(act: Act & Pick<ClaimReply, 'digest'>, node: string, incarnation: string): string {
  return [nameOf(act), act.digest, node, incarnation].join(' ');
}
