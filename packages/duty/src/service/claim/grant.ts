import type { Decision, Mark } from '../../rule/index.ts';
import type { Compare, Write } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { type HeldMark, markWrites } from '../ground/marks.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import { toBytes, toSharedBytes } from '../ground/records.ts';
import { denied, granted, unknown } from '../ground/verdict.ts';
import type { HeldWatch } from '../ground/watch-record.ts';
import type { ClaimEvent, Now, TransactionAnswer } from './claim-events.ts';
import type { Remembered } from './recollection.ts';
import type { Attempted, Basis, ClaimState, Phase, Writing } from './state.ts';
import { again, enter, finish, finishLate, isOver, mayGrant, pause, type Turn } from './turn.ts';

/**
 * The records that a transaction rests on and compares.
 *
 * @property remembered the memory of this service from before the mark was read
 */
export interface Based {
  readonly policy: HeldPolicy;
  readonly held: HeldMark;
  readonly remembered: Remembered;
  readonly watch: HeldWatch | null;
}

/** A decision to grant, as `decide` gives it. */
export type Intention = Extract<Decision, { readonly outcome: 'grant' }>;

const DROPPED = 'the session was lost, or another service compared memories, while the claim was under way';

/** From an intention to a grant: one compare-and-set transaction, one durable entry, the reply. */
export function transact(turn: Turn, now: Now, based: Based, intention: Intention): void {
  if (now.sessionText === null) pause(turn, now.at);
  else if (!now.holds) finish(turn, unknown('session-checking', DROPPED));
  else if (isOver(turn.state, now.at)) finishLate(turn);
  else write(turn, now, now.sessionText, based, intention);
}

function write(turn: Turn, now: Now, session: string, based: Based, { next, reason }: Intention): void {
  const { state } = turn;
  const { held, watch } = based;
  const written =
    next === null ? { writes: [], headText: held.headText } : markWrites(state.ref, held.mark, next);
  const mark = next ?? held.mark;
  const nonce = next?.last.nonce ?? null;
  // The claim remembers the states that it may have written until they certainly were not.
  if (nonce !== null)
    turn.state = { ...state, attempts: new Map(state.attempts).set(nonce, { next: mark, watch }) };
  const writing = { nonce, mark, own: mark, headText: written.headText, reason, watch };
  submit(turn, now, { ...based, session }, writing, written.writes);
}

/**
 * A transaction of this claim that had no certain answer, and that a read of the store finds applied. Its
 * entry need not be the last one of the claim, nor the last one of the mark.
 */
export function attemptIn(state: ClaimState, { held }: Basis): Attempted | null {
  if (held === null || state.attempts.size === 0) return null;
  return [...state.attempts].find(([nonce]) => carries(held.mark, nonce))?.[1] ?? null;
}

/**
 * Answers with an attempt that the store holds. A node that a policy removed in between gets no answer, so
 * the policy is compared once more.
 */
export function grantFound(turn: Turn, now: Now, basis: Basis, { next, watch }: Attempted): void {
  const { policy, held, remembered } = basis;
  if (held === null) throw new Error('an attempt was found in no mark');
  const { node } = turn.state.asked.claim.owner;
  if (policy === null || !policy.policy.roster.some((entry) => entry.name === node))
    finish(turn, denied('not-listed', `${node} was removed from the roster meanwhile`, held.mark));
  else if (now.sessionText === null) pause(turn, now.at);
  else {
    const { mark, headText } = held;
    const writing = { nonce: null, mark, own: next, headText, reason: 'new', watch } as const;
    const based = { policy, held, remembered, watch: null, session: now.sessionText };
    submit(turn, now, based, writing, []);
  }
}

function submit(
  turn: Turn,
  now: Now,
  based: Based & { readonly session: string },
  writing: Omit<Writing, 'compared'>,
  writes: readonly Write[],
): void {
  const { held, policy, remembered, session } = based;
  const compared = { head: held.headText, pointer: policy.pointerText, session };
  // The entry that a transaction is about to replace must be durable here first.
  if (remembered.point?.hash !== held.mark.lastHash)
    turn.effects.push({ kind: 'learn', entry: held.mark.last, hash: held.mark.lastHash });
  const compares = comparesOf(turn.state, now, compared, based.watch);
  const phase: Phase = { kind: 'transacting', writing: { ...writing, compared } };
  enter(turn, phase, { kind: 'transact', transaction: { compares, writes } });
}

/** Mark, policy, epoch and session; and the watch, if the decision rests on it. */
function comparesOf(
  { ref, identity }: ClaimState,
  now: Now,
  { head, pointer, session }: Writing['compared'],
  watch: HeldWatch | null,
): Compare[] {
  const list: Compare[] = [
    { key: keys.mark(ref.chain, ref.key, ref.duty.name), value: toBytes(head) },
    { key: keys.policyPointer(ref.chain, ref.key), value: toSharedBytes(pointer) },
    { key: keys.epoch, value: toSharedBytes(now.epochText) },
    { key: keys.session(identity.service), value: toSharedBytes(session) },
  ];
  if (watch !== null) {
    const value = watch.text === null ? null : toBytes(watch.text);
    list.push({ key: keys.watch(ref.chain, ref.key), value });
  }
  return list;
}

export function onTransacted(
  turn: Turn,
  { writing }: Extract<Phase, { kind: 'transacting' }>,
  { now, answer }: Extract<ClaimEvent, { kind: 'transacted' }>,
): void {
  if (answer.kind === 'ambiguous') again(turn);
  else if (answer.kind === 'applied') makeDurable(turn, now, writing);
  else {
    forgetAttempt(turn, writing);
    onConflict(turn, writing, answer);
  }
}

function makeDurable(turn: Turn, now: Now, writing: Writing): void {
  const { nonce, own, mark, headText, reason, watch } = writing;
  if (nonce !== null) turn.effects.push({ kind: 'remember', held: { mark, headText } });
  const on = watch === null ? null : { holder: watch.record.holder, term: watch.record.term };
  const verdict = granted(reason, mark, on);
  // The record of the decision says that the claim was answered, so it is left out if it will not be.
  const decision = mayGrant(turn, now) ? verdict : null;
  const append = { kind: 'append', entry: own.last, hash: own.lastHash, decision } as const;
  enter(turn, { kind: 'appending', verdict }, append);
}

/** No write of the transaction was applied, so its attempt need not be looked for. */
export function forgetAttempt(turn: Turn, { nonce }: Writing): void {
  if (nonce === null) return;
  const attempts = new Map(turn.state.attempts);
  attempts.delete(nonce);
  turn.state = { ...turn.state, attempts };
}

/** Read again what moved, and decide again. */
function onConflict(
  turn: Turn,
  { compared }: Writing,
  { found, epochKnown }: Extract<TransactionAnswer, { kind: 'conflict' }>,
): void {
  const { ref, identity } = turn.state;
  const moved = (key: string, text: string) => found.has(key) && found.get(key) !== text;
  const sessionKey = keys.session(identity.service);
  const policy = moved(keys.policyPointer(ref.chain, ref.key), compared.pointer);
  const mark = moved(keys.mark(ref.chain, ref.key, ref.duty.name), compared.head);
  if (!epochKnown) {
    const why = 'the epoch of the store is not the one this service began with';
    turn.effects.push({ kind: 'store-behind', why });
    again(turn);
  } else if (moved(sessionKey, compared.session)) {
    const record = found.get(sessionKey) ?? null;
    turn.effects.push({ kind: 'compare-failed', compared: compared.session, found: record });
    again(turn);
  } else if (policy || mark) enter(turn, { kind: 'refreshing' }, { kind: 'refresh', policy, mark });
  else again(turn);
}

/** The entry is durable: only now the claim is answered, if it is in time and its session is unbroken. */
export function onAppended(
  turn: Turn,
  { verdict }: Extract<Phase, { kind: 'appending' }>,
  { now }: Extract<ClaimEvent, { kind: 'appended' }>,
): void {
  if (!now.holds) finish(turn, unknown('session-checking', DROPPED));
  else if (!mayGrant(turn, now)) finish(turn, unknown('deadline', 'the entry was durable too late'));
  else finish(turn, verdict);
}

/** Whether the attempt of this nonce wrote into the mark. */
function carries(mark: Mark, nonce: string): boolean {
  return mark.recent.some(
    (entry) =>
      entry.enters.some((enter) => enter.nonce === nonce) ||
      entry.parts.some((grant) => grant.nonce === nonce),
  );
}
