import type { GrantCode, Mark } from '../../rule/index.ts';
import type { Compare } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { markWrites } from '../ground/marks.ts';
import { compareOf, type HeldWatch, toSharedBytes } from '../ground/records.ts';
import { granted, unknown, type Verdict } from '../ground/verdict.ts';
import {
  again,
  type ClaimUnderWay,
  type Grounds,
  isOver,
  pause,
  type Ruled,
  type TurnEnd,
  tooLate,
} from './asked.ts';
import type { ClaimEffects } from './claim-effects.ts';
import type { Intention, Ruling } from './rules.ts';

/** A transaction to be sent. It compares mark, policy, epoch and session, and the watch if there is one. */
interface Sending {
  readonly session: string;
  readonly watch: HeldWatch | null;
  /** The mark that it writes; null if it only compares. */
  readonly next: Mark | null;
  /** The claim is answered with the verdict once the last entry of this mark is durable. */
  readonly own: Mark;
  readonly verdict: Verdict;
}

/** The session was lost while the claim was under way: because of the store, if that takes no write. */
function dropped({ session }: ClaimEffects): Verdict {
  const down = session.storeFault();
  if (down !== null) return unknown('store-unavailable', down);
  const why = 'the session was lost, or another service compared memories, while the claim was under way';
  return unknown('session-checking', why);
}

/**
 * From an intention to a grant: one compare-and-set transaction, one durable entry, the reply.
 *
 * @param watch the watch, if the decision rests on it
 */
export async function commit(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  grounds: Grounds,
  watch: HeldWatch | null,
  { next, reason }: Intention,
): Promise<TurnEnd> {
  const session = effects.session.recordText();
  if (session === null) return pause(effects.moment());
  if (!effects.session.holds(claim.generation)) return dropped(effects);
  if (isOver(claim, effects.moment())) return tooLate();
  // The claim remembers the states that it may have written until they certainly were not.
  if (next !== null) claim.attempts.set(next.last.nonce, { next, watch });
  const own = next ?? grounds.held.mark;
  const verdict = grantedUnder(watch, reason, own);
  return transact(claim, effects, grounds, { session, watch, next, own, verdict });
}

function grantedUnder(watch: HeldWatch | null, reason: GrantCode, mark: Mark): Verdict {
  const on = watch === null ? null : { holder: watch.record.holder, term: watch.record.term };
  return granted(reason, mark, on);
}

/** Denials of a unit that the claim itself was granted. Any other one is by a policy that came since. */
const OWN_UNIT = new Set(['unit-taken', 'not-increasing']);

/**
 * Answers with a transaction of this claim that had no certain answer, if a read of the store finds it
 * applied; else null. Its entry need not be the last one of the claim, nor the last one of the mark. A node
 * that was removed in between, or whose key was frozen, gets no grant, so the policy is compared once more.
 */
export function commitFound(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  basis: Ruled,
  ruling: Ruling,
): TurnEnd | Promise<TurnEnd> | null {
  const { held, policy } = basis;
  if (held === null) return null;
  const found = [...claim.attempts.values()].find(({ next }) => carries(held.mark, next.last.nonce));
  if (found === undefined) return null;
  if (ruling.kind === 'refuse' && (policy.policy.mode === 'frozen' || !OWN_UNIT.has(ruling.verdict.reason)))
    return ruling.verdict;
  const session = effects.session.recordText();
  if (session === null) return pause(effects.moment());
  const verdict = grantedUnder(found.watch, 'new', held.mark);
  const sending = { session, watch: null, next: null, own: found.next, verdict };
  return transact(claim, effects, { ...basis, held }, sending);
}

/** Whether the attempt of this nonce wrote into the mark. */
function carries(mark: Mark, nonce: string): boolean {
  return mark.recent.some(
    (entry) =>
      entry.enters.some((enter) => enter.nonce === nonce) ||
      entry.parts.some((grant) => grant.nonce === nonce),
  );
}

async function transact(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  grounds: Grounds,
  sending: Sending,
): Promise<TurnEnd> {
  const { held, remembered } = grounds;
  const { next, own, verdict } = sending;
  const holds = () => effects.session.holds(claim.generation);
  // The record of the decision says that the claim was answered, so it is left out if it will not be.
  const decide = () => (holds() && !isOver(claim, effects.moment()) ? verdict : null);
  const entry = { entry: own.last, hash: own.lastHash, decide };
  const { writes, headText } =
    next === null ? { writes: [], headText: held.headText } : markWrites(claim.ref, held.mark, next);
  const compares = comparesOf(claim, grounds, sending);
  let answer: Awaited<ReturnType<ClaimEffects['transact']>>;
  try {
    // The entry that a transaction is about to replace must be durable here first.
    if (remembered.point?.hash !== held.mark.lastHash)
      await effects.learn(claim, held.mark.last, held.mark.lastHash);
    answer = await effects.transact(claim, { compares, writes }, entry);
  } catch (error) {
    forget(claim, next);
    throw error;
  }
  if (answer.kind === 'ambiguous') return again(claim);
  if (answer.kind === 'conflict') {
    forget(claim, next);
    return onConflict(claim, effects, grounds, sending, answer.found);
  }
  if (next !== null) effects.remember(claim, { mark: next, headText });
  if (answer.kind === 'applied') await effects.append(claim, entry);
  // The entry is durable: only now the claim is answered, if it is in time and its session is unbroken.
  if (!holds()) return dropped(effects);
  if (isOver(claim, effects.moment())) return unknown('deadline', 'the entry was durable too late');
  return verdict;
}

function comparesOf(
  { ref, identity }: ClaimUnderWay,
  { held, policy }: Grounds,
  { session, watch }: Sending,
): Compare[] {
  const list: Compare[] = [
    compareOf(keys.mark(ref.chain, ref.key, ref.duty.name), held.headText),
    { key: keys.policyPointer(ref.chain, ref.key), value: toSharedBytes(policy.pointerText) },
    { key: keys.epoch, value: toSharedBytes(identity.epochText) },
    { key: keys.session(identity.service), value: toSharedBytes(session) },
  ];
  if (watch !== null) list.push(compareOf(keys.watch(ref.chain, ref.key), watch.text));
  return list;
}

/** No write of the transaction was applied, so its attempt need not be looked for. */
function forget({ attempts }: ClaimUnderWay, next: Mark | null): void {
  if (next !== null) attempts.delete(next.last.nonce);
}

/** Read again what moved, and decide again. */
async function onConflict(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  compared: Grounds,
  { session }: Sending,
  found: ReadonlyMap<string, string | null>,
): Promise<TurnEnd> {
  const { ref, identity } = claim;
  const moved = (key: string, text: string) => found.has(key) && found.get(key) !== text;
  const sessionKey = keys.session(identity.service);
  const policy = moved(keys.policyPointer(ref.chain, ref.key), compared.policy.pointerText);
  const mark = moved(keys.mark(ref.chain, ref.key, ref.duty.name), compared.held.headText);
  if (moved(keys.epoch, identity.epochText))
    effects.session.behind('the epoch of the store is not the one this service began with');
  else if (moved(sessionKey, session)) effects.session.compareFailed(session, found.get(sessionKey) ?? null);
  else if (policy || mark) await effects.refresh(claim, { policy, mark });
  return again(claim);
}
