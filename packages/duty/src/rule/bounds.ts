import {
  ceilingOver,
  clockCeiling,
  highestSeen,
  type Observation,
  slotAt,
  withinCeiling,
} from './ceiling.ts';
import { type Duty, slotOfRelayParent } from './duties.ts';
import { type Ceiling, type CeilingPolicy, LARGEST_STEPS } from './policy.ts';
import { compareUnits, type Unit } from './units.ts';

/**
 * The ceiling when the session opened. Everything that this service, or an earlier start of it, granted
 * before lies at or below it, so a unit there is never granted as new. `none` means that no earlier grant can
 * be missing.
 */
export type Base =
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'at'; readonly highest: readonly Unit[] };

/** How new and how old a unit may be. `decide` compares it with these and with the mark. */
export interface Bounds {
  readonly ceiling: Ceiling;
  /** The lowest new unit by clock or observers; null if neither is known. */
  readonly lowest: Unit | null;
  readonly base: Base;
}

export const NO_BASE: Base = { kind: 'none' };

/** How many slots may pass before a slot counts as past; the allowed skew is added. */
const SLOTS_BACK = 2n;
/** The same for slots of relay parents: a collator may build on one that is some relay blocks old. */
const RELAY_SLOTS_BACK = 10n;
/**
 * Rounds below the highest observed one that may still be entered. A voter catches up when it is two rounds
 * late.
 */
const DEFAULT_ROUNDS_BACK = 8;
/** Blocks of BEEFY may be late: the first block of a session is signed before all later ones. */
const BLOCKS_BACK = 600n;

/**
 * The lowest unit that may be granted as new, or null if no other observer has reported. Claims for older
 * units come from a process that was paused. Protocol section 4, rule 2.
 *
 * @param nowMs wall clock of the service in Unix milliseconds
 */
export function lowestBound(
  duty: Duty,
  policy: CeilingPolicy,
  nowMs: number,
  observations: readonly Observation[],
  claimant: string,
): Unit | null {
  if (duty.ceiling === 'clock') {
    const back = slotOfRelayParent(duty) ? RELAY_SLOTS_BACK : SLOTS_BACK;
    const slot = slotAt(policy, nowMs - policy.allowedSkewMs) - back;
    return [notNegative(slot), ...duty.fields.slice(1).map(() => 0n)];
  }
  const others = observations.filter((observation) => observation.observer !== claimant);
  const highest = highestSeen(duty, others);
  if (highest === null) return null;
  const inner = highest.at(-1) ?? 0n;
  const field = duty.fields.at(-1)?.name;
  if (field === 'session') return [notNegative(inner - BigInt(policy.sessionStep))];
  // Block numbers continue across sets, and the set of an older block is not known.
  if (field === 'block') return [0n, notNegative(inner - BLOCKS_BACK)];
  const back = BigInt(policy.roundsBack ?? DEFAULT_ROUNDS_BACK);
  return [highest[0] ?? 0n, notNegative(inner - back)];
}

/**
 * True if a new unit lies below the lower bound. Blocks are compared by their number, in whichever set they
 * are.
 */
export function isPast(duty: Duty, lowest: Unit | null, unit: Unit): boolean {
  if (lowest === null) return false;
  if (duty.fields.at(-1)?.name === 'block') return (unit.at(-1) ?? 0n) < (lowest.at(-1) ?? 0n);
  return compareUnits(unit, lowest) < 0;
}

/**
 * The base of a slot duty: the slot of the clock at the opening, plus the allowed skew. A clock from before
 * genesis allowed no grant, so there is no base then.
 *
 * @param openedMs wall clock of the service when it opened the session, in Unix milliseconds
 */
export function slotBase(duty: Duty, policy: CeilingPolicy, openedMs: number): Base {
  const ceiling = clockCeiling(duty, policy, openedMs);
  return ceiling.kind === 'at' ? ceiling : NO_BASE;
}

/**
 * The base of rounds, blocks and sessions: the highest of the first reports after the opening, plus the
 * largest step of any policy.
 * The claimant's own report counts too, since a base can only deny; but at least one report must come from
 * another observer. Those of former observers, from earlier sessions, only raise it.
 */
export function observedBase(
  duty: Duty,
  firstReports: readonly Observation[],
  claimant: string,
  former: readonly Observation[] = [],
): Base {
  const others = firstReports.filter((report) => report.observer !== claimant);
  const highest = highestSeen(duty, others) === null ? null : highestSeen(duty, [...firstReports, ...former]);
  if (highest === null) {
    return {
      kind: 'unknown',
      why: `no observer other than ${claimant} has reported since the session began`,
    };
  }
  return ceilingOver(duty, LARGEST_STEPS, highest);
}

/**
 * Where a unit lies: `covered` if it is at or below the base, so that an earlier session may have granted it.
 */
export function underBase(base: Base, unit: Unit): 'above' | 'covered' | 'unknown' {
  if (base.kind === 'none') return 'above';
  if (base.kind === 'unknown') return 'unknown';
  return withinCeiling(base, unit) ? 'covered' : 'above';
}

function notNegative(value: bigint): bigint {
  return value < 0n ? 0n : value;
}
