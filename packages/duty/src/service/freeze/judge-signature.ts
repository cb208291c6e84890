import {
  type Base,
  belowFloor,
  compareUnits,
  type Duty,
  findRecent,
  formatUnit,
  isAdopted,
  isAfterLast,
  isRoundOfSet,
  isUnscoped,
  type Mark,
  meaningOf,
  type Part,
  type Policy,
  parseUnit,
  slotStartMs,
  type Unit,
  underBase,
} from '../../rule/index.ts';
import type { GrantLine } from '../ledger/port.ts';

/** A signature of the key on the chain: the seal of a block, or a vote whose signature was checked. */
export interface SeenPart {
  readonly duty: Duty;
  readonly unit: Unit;
  readonly part: Part;
  /** Hex without `0x`. */
  readonly digest: string;
}

/** The ledger, as it was read after the signature was seen. */
export interface Records {
  readonly epoch: string;
  /** Null if the key was never adopted. */
  readonly mark: Mark | null;
  /** Grants of the unit that the disk of this service holds, read before the mark. */
  readonly own: readonly GrantLine[];
  /** The base of the mark in this session. */
  readonly base: Base;
  /** Unix milliseconds by the clock of the service. */
  readonly nowMs: number;
}

/** `proof`: no service granted this payload. Only that may freeze a key. */
export type Finding =
  | { readonly kind: 'granted' | 'unknown'; readonly why: string }
  | { readonly kind: 'proof'; readonly why: string; readonly granted: string | null };

/**
 * Whether a signature rests on a grant: decision 0031. Pure. A gated node signs after its grant is durable,
 * so the grant of a signature that an observer has seen is in the mark, or at or below its floor.
 */
export function judgeSignature(policy: Policy, seen: SeenPart, records: Records): Finding {
  const { unit, part, digest } = seen;
  const { mark, own } = records;
  const outside = notJudged(policy, seen, records);
  if (outside !== null || mark === null) return unknown(outside ?? 'the key was never adopted');
  const known = findRecent(mark, unit)?.parts ?? [];
  // A service granted the unit, and its entry may be the only record of the grant that is left.
  const digests = [...known, ...own].flatMap((grant) => (grant.part === part ? [grant.digest] : []));
  if (digests.includes(digest)) return { kind: 'granted', why: 'this payload was granted' };
  if (digests.includes(null)) return { kind: 'granted', why: 'the unit was granted without a digest' };
  const [other] = digests;
  if (other !== undefined && other !== null)
    return { kind: 'proof', why: `the ledger granted 0x${other} for it`, granted: `0x${other}` };
  if (belowFloor(mark.floor, unit)) return unknown('the unit left the mark; this service has no entry of it');
  return { kind: 'proof', why: 'no service granted it', granted: null };
}

/**
 * Whether a recorded equivocation freezes the key, or why not. The ledger grants one payload for a part, so
 * one of two is foreign, whatever the mark still knows.
 */
export function judgeEquivocation(
  policy: Policy,
  seen: Omit<SeenPart, 'digest'>,
  digests: readonly [string, string],
): Finding {
  if (digests[0] === digests[1]) return unknown('both payloads are the same');
  const outside = notCovered(policy, seen);
  if (outside !== null) return unknown(outside);
  if (wasCleared(policy, seen.duty, seen.unit)) return unknown('a person lifted a freeze after this unit');
  return { kind: 'proof', why: 'the chain recorded two signatures for it', granted: null };
}

/** Why the policy says nothing about this part of this duty, or null. */
function notCovered(policy: Policy, { duty, unit, part }: Omit<SeenPart, 'digest'>): string | null {
  if (!(part === 'seal' || isRoundOfSet(duty)) || !duty.parts.includes(part))
    return `${duty.name} is not compared`;
  if (!isAdopted(policy)) return 'the key was never adopted';
  if (policy.duties[duty.name]?.enabled !== true) return 'the duty is off: another signer may perform it';
  if (isAfterLast(policy.duties[duty.name] ?? {}, duty, unit)) return 'another ledger may grant the unit';
  if (isRoundOfSet(duty) && isUnscoped(policy)) return 'the policy counts rounds without their set';
  return null;
}

/** Why the ledger says nothing about this unit, or null. */
function notJudged(policy: Policy, seen: SeenPart, { mark, epoch, base, nowMs }: Records): string | null {
  const { duty, unit } = seen;
  const outside = notCovered(policy, seen);
  if (outside !== null) return outside;
  if (mark === null) return 'the key was never adopted';
  if (mark.epoch !== epoch) return 'the mark is of an older epoch';
  if (mark.meaning !== meaningOf(policy)) return 'the mark counts units another way';
  const [slot = 0n] = unit;
  const { ceilings } = policy;
  if (duty.ceiling === 'clock' && slotStartMs(ceilings, slot) > nowMs + ceilings.allowedSkewMs)
    return `slot ${formatUnit(unit)} lies ahead of the clock of this service`;
  if (underBase(base, unit) !== 'above') return 'an earlier start of this service may have granted the unit';
  if (wasCleared(policy, duty, unit)) return 'a person lifted a freeze after this unit began';
  return null;
}

/** A unit from before the last lift: the person who lifted the freeze knew of it, or had to. */
export function wasCleared({ freeze, ceilings }: Policy, duty: Duty, unit: Unit): boolean {
  const lifted = freeze?.lifted;
  if (lifted == null) return false;
  if (!isRoundOfSet(duty)) return slotStartMs(ceilings, unit[0] ?? 0n) <= lifted.atMs;
  const last = lifted.round === undefined ? null : parseUnit(duty.fields, lifted.round);
  return last?.ok === true && compareUnits(unit, last.unit) <= 0;
}

function unknown(why: string): Finding {
  return { kind: 'unknown', why };
}
