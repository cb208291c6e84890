import {
  belowFloor,
  type Duty,
  findRecent,
  formatUnit,
  isAdopted,
  type Mark,
  meaningOf,
  type Policy,
  type Unit,
} from '@watchbill/duty';
import type { GrantLine } from '../../ledger/port.ts';

/** A sealed block of the key, as an observer saw it. */
export interface SeenSeal {
  readonly duty: Duty;
  readonly unit: Unit;
  /** Hex without `0x`. */
  readonly digest: string;
}

/** The ledger, as it was read after the block was seen. */
export interface Records {
  readonly epoch: string;
  /** Null if the key was never adopted. */
  readonly mark: Mark | null;
  /** Grants of the unit that the disk of this service holds, read before the mark. */
  readonly own: readonly GrantLine[];
  /** Unix milliseconds by the clock of the service. */
  readonly nowMs: number;
}

/** `proof`: no service granted this payload. Only that may freeze a key. */
export type Finding =
  | { readonly kind: 'granted' | 'unknown'; readonly why: string }
  | { readonly kind: 'proof'; readonly why: string; readonly granted: string | null };

/**
 * Whether a sealed block rests on a grant: decision 0031. Pure. A gated node seals after its grant is
 * durable, so the grant of a block that an observer has seen is in the mark, or at or below its floor.
 */
export function judgeSeal(policy: Policy, { duty, unit, digest }: SeenSeal, records: Records): Finding {
  const { mark, own } = records;
  const outside = notJudged(policy, duty, unit, records);
  if (outside !== null || mark === null) return unknown(outside ?? 'the key was never adopted');
  const known = findRecent(mark, unit)?.parts ?? [];
  // A service granted the unit and its entry may be all that is left of it.
  const digests = [...known, ...own].flatMap((grant) => (grant.part === 'seal' ? [grant.digest] : []));
  if (digests.includes(digest)) return { kind: 'granted', why: 'this payload was granted' };
  if (digests.includes(null)) return { kind: 'granted', why: 'the unit was granted without a digest' };
  const [other] = digests;
  if (other !== undefined && other !== null)
    return { kind: 'proof', why: `the ledger granted 0x${other} for it`, granted: `0x${other}` };
  if (belowFloor(mark.floor, unit)) return unknown('the unit left the mark; this service has no entry of it');
  return { kind: 'proof', why: 'no service granted it', granted: null };
}

/** Why the ledger says nothing about this unit, or null. */
function notJudged(policy: Policy, duty: Duty, unit: Unit, records: Records): string | null {
  const { mark, epoch, nowMs } = records;
  if (duty.fields.length !== 1 || !duty.parts.includes('seal')) return `${duty.name} is not compared`;
  if (!isAdopted(policy) || mark === null) return 'the key was never adopted';
  if (policy.duties[duty.name]?.enabled !== true) return 'the duty is off: another signer may perform it';
  if (mark.epoch !== epoch) return 'the mark is of an older epoch';
  if (mark.meaning !== null && mark.meaning !== meaningOf(policy)) return 'the mark counts units another way';
  const startMs = slotStartMs(policy, unit);
  if (startMs > nowMs + policy.ceilings.allowedSkewMs)
    return `slot ${formatUnit(unit)} lies ahead of the clock of this service`;
  if (wasCleared(policy, unit)) return 'a person lifted a freeze after this slot began';
  return null;
}

/** A slot that began before the last lift: the person who lifted the freeze knew of it, or had to. */
export function wasCleared(policy: Policy, unit: Unit): boolean {
  const lifted = policy.freeze?.lifted;
  return lifted != null && slotStartMs(policy, unit) <= lifted.atMs;
}

function slotStartMs({ ceilings: { genesisMs, slotMs } }: Policy, [slot = 0n]: Unit): number {
  return genesisMs + Number(slot) * slotMs;
}

function unknown(why: string): Finding {
  return { kind: 'unknown', why };
}
