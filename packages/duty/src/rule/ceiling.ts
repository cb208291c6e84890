import { type Duty, slotOfRelayParent } from './duties.ts';
import { type Ceiling, type CeilingPolicy, LARGEST_STEPS } from './policy.ts';
import { compareUnits, maxUnit, type Unit } from './units.ts';

/** The last report of one observer. Null for a field that it has not reported. */
export interface Observation {
  readonly observer: string;
  readonly finalizedBlock: bigint | null;
  /** GRANDPA's authority set id. */
  readonly setId: bigint | null;
  /** BEEFY's validator set id, which is another count. */
  readonly beefySetId: bigint | null;
  readonly round: bigint | null;
  readonly session: bigint | null;
  /** The slot of the newest block that it saw arrive. Only {@link Arrival} bounds slots. */
  readonly bestSlot?: bigint | null | undefined;
}

/** A block that an observer saw arrive, some time ago by the monotonic clock. */
export interface Arrival {
  readonly observer: string;
  readonly slot: bigint;
  readonly ageMs: number;
}

/** Slots that a new one may lie above those that passed since a block arrived. */
const SLOT_STEP = 16n;
/**
 * An arrival bounds slots for this long: if the chain stands still, a monotonic clock that was suspended, or
 * an arrival that was heard of late, must not keep it so.
 */
const ARRIVAL_LIFE_MS = 600_000;

const U64_MAX = (1n << 64n) - 1n;

type Steps = Pick<CeilingPolicy, 'roundStep' | 'blockStep' | 'sessionStep'>;

/** The slot that the clock shows, in the policy's slot length. Negative before genesis. */
export function slotAt(policy: CeilingPolicy, nowMs: number): bigint {
  return BigInt(Math.floor((nowMs - policy.genesisMs) / policy.slotMs));
}

/** The start of a slot in Unix milliseconds. */
export function slotStartMs(policy: CeilingPolicy, slot: bigint): number {
  return policy.genesisMs + Number(slot) * policy.slotMs;
}

/**
 * Slots: the service clock's slot plus the allowed skew. The second field of (slot, number) is not bounded by
 * a clock.
 */
export function clockCeiling(duty: Duty, policy: CeilingPolicy, nowMs: number): Ceiling {
  const slot = slotAt(policy, nowMs + policy.allowedSkewMs);
  if (slot < 0n) return { kind: 'unknown', why: 'the chain has not begun by the clock of the service' };
  const rest = maxUnit(duty.fields).slice(1);
  return { kind: 'at', highest: [[slot, ...rest]] };
}

/**
 * Slots by the second clock, too: the newest block that another observer saw arrive, the slots since then and
 * a step. The lower of the two ceilings holds. Slots of relay parents have the clock alone, because no
 * observer sees blocks of the relay chain.
 */
export function slotCeiling(
  duty: Duty,
  policy: CeilingPolicy,
  nowMs: number,
  arrivals: readonly Arrival[],
  claimant: string,
): Ceiling {
  const ceiling = clockCeiling(duty, policy, nowMs);
  const [clock] = ceiling.kind === 'at' ? (ceiling.highest[0] ?? []) : [];
  if (clock === undefined || slotOfRelayParent(duty)) return ceiling;
  const counts = ({ observer, ageMs }: Arrival) => observer !== claimant && ageMs <= ARRIVAL_LIFE_MS;
  const topOf = ({ slot, ageMs }: Arrival) => slot + BigInt(Math.floor(ageMs / policy.slotMs)) + SLOT_STEP;
  const tops = arrivals.filter(counts).map(topOf);
  if (tops.length === 0 || tops.some((top) => top >= clock)) return ceiling;
  const [highest = clock] = tops.toSorted((one, other) => (one > other ? -1 : 1));
  const why = `the clock of this service shows slot ${clock}, and by the blocks that observers saw no slot above ${highest} is due`;
  return { kind: 'at', highest: [[highest, ...maxUnit(duty.fields).slice(1)]], why };
}

/**
 * Rounds, blocks and sessions: a bounded step above the reports of observers other than the claimant. A new
 * authority set may begin, within the same step. Observations may deny, never grant; grants never raise this.
 */
export function observedCeiling(
  duty: Duty,
  policy: CeilingPolicy,
  observations: readonly Observation[],
  claimant: string,
): Ceiling {
  const others = observations.filter((observation) => observation.observer !== claimant);
  const highest = highestSeen(duty, others);
  if (highest !== null) return ceilingOver(duty, policy, highest);
  const why =
    duty.fields.at(-1)?.name === 'session'
      ? 'no other observer has reported a session'
      : `no observer other than ${claimant} has reported`;
  return { kind: 'unknown', why };
}

/**
 * The highest (set, round), (beefy set, block) or session among the observations; null if none has it whole.
 */
export function highestSeen(duty: Duty, observations: readonly Observation[]): Unit | null {
  const field = duty.fields.at(-1)?.name;
  const seen = observations
    .map((observation) => {
      if (field === 'session') return [observation.session];
      if (field === 'round') return [observation.setId, observation.round];
      return [observation.beefySetId, observation.finalizedBlock];
    })
    .filter((unit): unit is bigint[] => unit.every((value) => value !== null));
  return seen.sort(compareUnits).at(-1) ?? null;
}

/** One step above an observed unit: inside its set, and from its beginning on inside the next. */
export function ceilingOver(duty: Duty, steps: Steps, highest: Unit): Extract<Ceiling, { kind: 'at' }> {
  const field = duty.fields.at(-1)?.name;
  const name = field === 'session' ? 'sessionStep' : field === 'round' ? 'roundStep' : 'blockStep';
  const step = BigInt(Math.min(steps[name], LARGEST_STEPS[name]));
  if (field === 'session') return { kind: 'at', highest: [[capped((highest[0] ?? 0n) + step, duty)]] };
  const [set = 0n, inner = 0n] = highest;
  // Block numbers continue across sets; rounds restart at 1.
  const nextBase = field === 'round' ? 0n : inner;
  const bounds: Unit[] = [[set, capped(inner + step, duty)]];
  if (set < U64_MAX) bounds.push([set + 1n, capped(nextBase + step, duty)]);
  return { kind: 'at', highest: bounds };
}

function capped(value: bigint, duty: Duty): bigint {
  const limit = maxUnit(duty.fields).at(-1) ?? 0n;
  return value > limit ? limit : value;
}

/**
 * True when a new unit is not above the ceiling. Several bounds hold each for its own leading field:
 * (set, round) is compared inside its set, so that a step inside one set opens no other.
 */
export function withinCeiling(ceiling: Extract<Ceiling, { kind: 'at' }>, unit: Unit): boolean {
  const top = [...ceiling.highest].sort(compareUnits).at(-1);
  if (top === undefined || compareUnits(unit, top) > 0) return false;
  const own = ceiling.highest.find((bound) => bound[0] === unit[0]);
  return own === undefined || compareUnits(unit, own) <= 0;
}
