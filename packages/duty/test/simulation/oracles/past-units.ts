import { START_MS } from '../names.ts';
import { chainRound, chainSlot, roundOf } from '../nodes/chain.ts';
import type { Feature } from '../plan/features.ts';
import type { Plan } from '../plan/plan.ts';
import type { SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/** `roundsBack` is 8 and two slots may be late; the rest is for clocks and reports that lag. */
const ROUNDS_BACK = 12n;
const SLOTS_BACK = 4n;

/** S: a unit that is long past is not granted as new: a claimant that slept gets nothing for it. */
export function grantedPastUnit(events: readonly SimEvent[], plan: Plan): Violation | null {
  if (plan.features.has('clock-steps')) return null;
  for (const event of events) {
    if (event.kind !== 'write' || event.act !== 'grant' || !event.isNewUnit) continue;
    if (event.unit === null) continue;
    const isPast =
      event.duty === 'babe'
        ? BigInt(event.unit) + SLOTS_BACK < chainSlot(event.atMs)
        : event.duty === 'grandpa' && roundOf(plan, event.unit) + ROUNDS_BACK < chainRound(event.atMs);
    if (isPast)
      return {
        promise: 'S',
        what: `${event.duty} ${event.unit} was granted long after it was due`,
        events: [event],
      };
  }
  return null;
}

/** The step above the newest block that was seen, and one slot for clocks and reports. */
const SLOTS_AHEAD = 17n;

/** A: while observers see blocks arrive, a service whose clock is ahead grants no slot of the future. */
export function grantedAheadOfBlocks(events: readonly SimEvent[], plan: Plan): Violation | null {
  if (!plan.features.has('wrong-clocks')) return null;
  const found = events.find(
    (event) =>
      event.kind === 'write' &&
      event.act === 'grant' &&
      event.duty === 'babe' &&
      BigInt(event.unit ?? 0) > chainSlot(event.atMs) + SLOTS_AHEAD,
  );
  return found ? { promise: 'S', what: 'a slot of the future was granted', events: [found] } : null;
}

/** By then every observer has reported once. */
const FIRST_REPORTS_MS = 3_000;

/** In a run with no more than these, no restore and no lost memory can make a unit a past one. */
const QUIET: ReadonlySet<Feature> = new Set<Feature>([
  'third-service',
  'second-key',
  'beefy',
  'probes',
  'forged-words',
  'rolling-restarts',
  'trusted-returns',
]);

/**
 * G: services that start again one by one take over the base of the others, and a policy that trusts returns
 * has none: no node loses a unit to the base.
 */
export function deniedByBase(events: readonly SimEvent[], plan: Plan): Violation | null {
  if ([...plan.features].some((feature) => !QUIET.has(feature))) return null;
  for (const event of events) {
    if (event.kind !== 'reply' || event.via !== 'claims') continue;
    const { reason, duty, unit } = event.reply;
    const isReported = event.atMs > START_MS + FIRST_REPORTS_MS;
    const isUnknown = reason === 'ceiling-unknown' && isReported && plan.features.has('trusted-returns');
    if (reason !== 'unit-past' && !isUnknown) continue;
    const what = `${event.service} did not grant ${duty} ${unit} (${reason}) though no service lost anything`;
    return { promise: 'G', what, events: [event] };
  }
  return null;
}
