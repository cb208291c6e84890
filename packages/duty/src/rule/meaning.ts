import { type Duty, isRoundOfSet } from './duties.ts';
import type { Policy } from './policy.ts';
import type { Unit } from './units.ts';

/**
 * The duties that count slots of one key. Each claims them with a separate mark, so a policy enables at most
 * one: otherwise one slot would be granted once for each duty.
 */
export const SLOT_DUTIES: readonly string[] = ['babe', 'aura', 'aura-blocks', 'aura-parachain'];

/** Each decision needs the meaning twice, and a policy never changes. */
const meanings = new WeakMap<Policy, string>();

/**
 * The meaning of a key's units, as one line of text. Under another meaning one number names another unit, so
 * a mark counts only under the meaning with which it was written: protocol section 4, rule 2a.
 *
 * Example: `slots=babe slotMs=6000 genesisMs=0 rounds=scoped`.
 */
export function meaningOf(policy: Policy): string {
  const known = meanings.get(policy);
  if (known !== undefined) return known;
  const made = makeMeaning(policy);
  meanings.set(policy, made);
  return made;
}

/** Whether every round counts as one of set 0, as in the original wire protocol. */
export function isUnscoped({ originalWire }: Pick<Policy, 'originalWire'>): boolean {
  return originalWire.enabled && originalWire.roundScope === 'unscoped';
}

/** A round of a set, under a policy that counts every round as one of set 0. */
export function isOutsideSetZero(policy: Pick<Policy, 'originalWire'>, duty: Duty, [set]: Unit): boolean {
  return isRoundOfSet(duty) && isUnscoped(policy) && set !== 0n;
}

/**
 * The reports of nodes and observers, as the policy counts them. Without set ids every round is one of set
 * 0. Otherwise no round would ever be too far ahead, and a floor that is chosen above the present would shut
 * the key for good.
 */
export function countedBy<Seen extends { readonly setId: bigint | null }>(
  policy: Pick<Policy, 'originalWire'>,
  seen: readonly Seen[],
): readonly Seen[] {
  if (!isUnscoped(policy)) return seen;
  return seen.map((one) => (one.setId === null ? one : { ...one, setId: 0n }));
}

function makeMeaning(policy: Policy): string {
  const enabledSlots = SLOT_DUTIES.filter((name) => policy.duties[name]?.enabled === true);
  // A slot duty that is switched off still names the count, so that switching it off asks for no adoption.
  const namedSlots = SLOT_DUTIES.filter((name) => policy.duties[name] !== undefined);
  const slots = (enabledSlots.length > 0 ? enabledSlots : namedSlots).join('+') || 'none';
  const rounds = isUnscoped(policy) ? 'unscoped' : 'scoped';
  const { slotMs, genesisMs } = policy.ceilings;
  return `slots=${slots} slotMs=${slotMs} genesisMs=${genesisMs} rounds=${rounds}`;
}
