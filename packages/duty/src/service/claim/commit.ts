import type { Mark } from '../../rule/index.ts';
import type { Compare, Write } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { type HeldMark, markWrites } from '../ground/marks.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import { toBytes, toSharedBytes } from '../ground/records.ts';
import { denied, granted, unknown, type Verdict } from '../ground/verdict.ts';
import type { HeldWatch } from '../ground/watch-record.ts';
import {
  type Attempted,
  again,
  answered,
  type Basis,
  type ClaimUnderWay,
  isOver,
  pause,
  type Remembered,
  type Standing,
  type TurnEnd,
  tooLate,
} from './asked.ts';
import type { ClaimEffects, Conflict } from './claim-effects.ts';
import type { Intention } from './rules.ts';

/** The records that a grant rests on. */
export interface Grounds {
  readonly policy: HeldPolicy;
  readonly held: HeldMark;
  readonly standing: Standing;
  /** The memory of this service from before the mark was read. */
  readonly remembered: Remembered;
}

/** A transaction that is about to be sent. */
interface Writing {
  /** Nonce of the attempt that it writes; null if it only compares. */
  readonly nonce: string | null;
  readonly writes: readonly Write[];
  /** The claim is answered with this state of the mark once the entry of `own` is durable. */
  readonly after: HeldMark;
  readonly own: Mark;
  readonly reason: 'new' | 'repeat';
  readonly watch: HeldWatch | null;
}

/** Texts that a transaction compares, by which a conflict is understood. */
interface Compared {
  readonly mark: string;
  readonly pointer: string;
  readonly session: string;
  /** The watch, if the decision rests on it. */
  readonly watch: HeldWatch | null;
}

/** The session was lost while the claim was under way: because of the store, if that takes no write. */
function dropped({ session }: ClaimEffects): Verdict {
  const down = session.storeFault();
  if (down !== null) return unknown('store-unavailable', down);
  const why = 'the session was lost, or another service compared memories, while the claim was under way';
  return unknown('session-checking', why);
}

/** From an intention to a grant: one compare-and-set transaction, one durable entry, the reply. */
export async function commit(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  { watch, ...grounds }: Grounds & { readonly watch: HeldWatch | null },
  { next, reason }: Intention,
): Promise<TurnEnd> {
  const session = effects.session.recordText();
  if (session === null) return pause(effects.moment());
  if (!effects.session.holds(claim.generation)) return answered(dropped(effects));
  if (isOver(claim, effects.moment())) return tooLate();
  const { held, policy } = grounds;
  const compared = { mark: held.headText, pointer: policy.pointerText, session, watch };
  if (next === null) {
    const writing = { nonce: null, writes: [], after: held, own: held.mark, reason, watch };
    return transact(claim, effects, grounds, compared, writing);
  }
  const { writes, headText } = markWrites(claim.ref, held.mark, next);
  const { nonce } = next.last;
  // The claim remembers the states that it may have written until they certainly were not.
  claim.attempts.set(nonce, { next, watch });
  const writing = { nonce, writes, after: { mark: next, headText }, own: next, reason, watch };
  return transact(claim, effects, grounds, compared, writing);
}

/**
 * A transaction of this claim that had no certain answer, and that a read of the store finds applied. Its
 * entry need not be the last one of the claim, nor the last one of the mark.
 */
export function attemptIn({ attempts }: ClaimUnderWay, { held }: Basis): Attempted | null {
  if (held === null || attempts.size === 0) return null;
  return [...attempts].find(([nonce]) => carries(held.mark, nonce))?.[1] ?? null;
}

/** Whether the attempt of this nonce wrote into the mark. */
function carries(mark: Mark, nonce: string): boolean {
  return mark.recent.some(
    (entry) =>
      entry.enters.some((enter) => enter.nonce === nonce) ||
      entry.parts.some((grant) => grant.nonce === nonce),
  );
}

/**
 * Answers with an attempt that the store holds. A node that a policy removed in between gets no answer, so
 * the policy is compared once more.
 */
export async function commitFound(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  { policy, held, remembered }: Basis,
  { next, watch }: Attempted,
): Promise<TurnEnd> {
  if (held === null) throw new Error('an attempt was found in no mark');
  const { node } = claim.asked.claim.owner;
  if (policy === null || !policy.policy.roster.some(({ name }) => name === node))
    return answered(denied('not-listed', `${node} was removed from the roster meanwhile`, held.mark));
  const session = effects.session.recordText();
  if (session === null) return pause(effects.moment());
  const writing = { nonce: null, writes: [], after: held, own: next, reason: 'new', watch } as const;
  const compared = { mark: held.headText, pointer: policy.pointerText, session, watch: null };
  return transact(claim, effects, { held, remembered }, compared, writing);
}

async function transact(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  { held, remembered }: Pick<Grounds, 'held' | 'remembered'>,
  compared: Compared,
  writing: Writing,
): Promise<TurnEnd> {
  const { nonce, after, own, reason, watch } = writing;
  const compares = comparesOf(claim, effects.epochText, compared);
  const on = watch === null ? null : { holder: watch.record.holder, term: watch.record.term };
  const verdict = granted(reason, after.mark, on);
  const holds = () => effects.session.holds(claim.generation);
  // The record of the decision says that the claim was answered, so it is left out if it will not be.
  const decide = () => (holds() && !isOver(claim, effects.moment()) ? verdict : null);
  const entry = { entry: own.last, hash: own.lastHash, decide };
  let answer: Awaited<ReturnType<ClaimEffects['transact']>>;
  try {
    // The entry that a transaction is about to replace must be durable here first.
    if (remembered.point?.hash !== held.mark.lastHash)
      await effects.learn(claim, held.mark.last, held.mark.lastHash);
    answer = await effects.transact(claim, { compares, writes: writing.writes }, entry);
  } catch (error) {
    forget(claim, nonce);
    throw error;
  }
  if (answer.kind === 'ambiguous') return again(claim);
  if (answer.kind === 'conflict') {
    forget(claim, nonce);
    return onConflict(claim, effects, compared, answer);
  }
  if (nonce !== null) effects.remember(claim, after);
  if (answer.kind === 'applied') await effects.append(claim, entry);
  // The entry is durable: only now the claim is answered, if it is in time and its session is unbroken.
  if (!holds()) return answered(dropped(effects));
  if (isOver(claim, effects.moment())) return answered(unknown('deadline', 'the entry was durable too late'));
  return answered(verdict);
}

/** Mark, policy, epoch and session; and the watch, if the decision rests on it. */
function comparesOf(
  { ref, identity }: ClaimUnderWay,
  epoch: string,
  { mark, pointer, session, watch }: Compared,
): Compare[] {
  const list: Compare[] = [
    { key: keys.mark(ref.chain, ref.key, ref.duty.name), value: toBytes(mark) },
    { key: keys.policyPointer(ref.chain, ref.key), value: toSharedBytes(pointer) },
    { key: keys.epoch, value: toSharedBytes(epoch) },
    { key: keys.session(identity.service), value: toSharedBytes(session) },
  ];
  if (watch !== null) {
    const value = watch.text === null ? null : toBytes(watch.text);
    list.push({ key: keys.watch(ref.chain, ref.key), value });
  }
  return list;
}

/** No write of the transaction was applied, so its attempt need not be looked for. */
function forget({ attempts }: ClaimUnderWay, nonce: string | null): void {
  if (nonce !== null) attempts.delete(nonce);
}

/** Read again what moved, and decide again. */
async function onConflict(
  claim: ClaimUnderWay,
  effects: ClaimEffects,
  compared: Compared,
  { found, epochKnown }: Conflict,
): Promise<TurnEnd> {
  const { ref, identity } = claim;
  const moved = (key: string, text: string) => found.has(key) && found.get(key) !== text;
  const sessionKey = keys.session(identity.service);
  const policy = moved(keys.policyPointer(ref.chain, ref.key), compared.pointer);
  const mark = moved(keys.mark(ref.chain, ref.key, ref.duty.name), compared.mark);
  if (!epochKnown) effects.session.behind('the epoch of the store is not the one this service began with');
  else if (moved(sessionKey, compared.session))
    effects.session.compareFailed(compared.session, found.get(sessionKey) ?? null);
  else if (policy || mark) await effects.refresh(claim, { policy, mark });
  return again(claim);
}
