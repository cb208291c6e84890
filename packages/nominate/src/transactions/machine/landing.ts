import { counted } from '@watchbill/kit';
import type { EndingReason } from '../endings.ts';
import type { BlockRef, ChainFacts } from '../facts.ts';
import type { Flight } from '../state.ts';
import { isAsAsked } from './already.ts';
import type { Ask } from './effects.ts';
import type { Dispatch, SearchAnswer } from './events.ts';
import {
  askFor,
  change,
  closeFlight,
  drop,
  end,
  endNow,
  NO_TRIES,
  type Turn,
  tryFailed,
  wait,
} from './turn.ts';

type Searching = Extract<Ask, { readonly ask: 'search' }>;
type Found = Extract<SearchAnswer, { readonly result: 'found' }>;
type NotFound = Extract<SearchAnswer, { readonly result: 'not-found' }>;

/** The search of finalised blocks decides the result of the flight; other evidence does not. */
export function onSearch(turn: Turn, _asked: Searching, answer: SearchAnswer): void {
  const { flight } = turn.state;
  if (flight === null) {
    drop(turn, 'search', 'no-flight');
    return;
  }
  switch (answer.result) {
    case 'found':
      onFound(turn, flight, answer);
      return;
    case 'unseen':
      lookAgain(turn, flight, `the nonce ${flight.nonce} is used by something that no block shows`);
      return;
    case 'not-found':
      onNotFound(turn, flight, answer);
      return;
  }
}

function onFound(turn: Turn, flight: Flight, found: Found): void {
  const isOurs = ownership(flight, found);
  if (isOurs === null) {
    lookAgain(
      turn,
      flight,
      `block ${found.height} has the nonce ${flight.nonce} with a call that cannot be read`,
    );
    return;
  }
  if (!isOurs) {
    closeFlight(turn, 'taken');
    const detail = `the nonce ${flight.nonce} was used by ${found.hash} in block ${found.height}`;
    change(turn, {}, { reason: 'nonce-taken', detail, extrinsic: flight.hash, block: found.block });
    tryFailed(turn, detail);
    return;
  }
  const { dispatch, block, height, hash } = found;
  if (dispatch === null) {
    lookAgain(turn, flight, `the events of block ${height} are not to be had`);
    return;
  }
  if (dispatch.result === 'failed') {
    onFailed(turn, flight, found, dispatch);
    return;
  }
  const landed = { block, height, hash };
  const said = {
    reason: 'landed',
    detail: `${flight.leg} in block ${height}`,
    extrinsic: hash,
    block,
  } as const;
  change(turn, { flight: { ...flight, outcome: 'open', landed, inBlock: { block, height } } }, said);
  askFor(turn, { ask: 'read', block: { hash: block, height } });
}

/**
 * Any transaction with our call and our nonce is ours, no matter which node submitted it; null if unknown.
 */
function ownership(flight: Flight, { call, hash }: Found): boolean | null {
  if (call !== null) return flight.calls.includes(call);
  return hash === flight.hash ? true : null;
}

function onFailed(
  turn: Turn,
  flight: Flight,
  { block, height, hash }: Found,
  { error, inner }: Extract<Dispatch, { readonly result: 'failed' }>,
): void {
  const reason: EndingReason = inner ? 'inner-failed' : 'dispatch-failed';
  const detail = `${flight.leg} in block ${height}: ${error}`;
  const said = { extrinsic: hash, block };
  closeFlight(turn, 'landed');
  // A withdrawal that cannot be sent is checked and retried.
  if (flight.leg === 'withdraw') {
    tryFailed(turn, detail);
    return;
  }
  // The pallet removes an announcement before it makes the inner call.
  if (flight.leg === 'execute' && inner) turn.state = { ...turn.state, announcement: null };
  end(turn, { result: 'failed', reason, detail }, said);
}

function onNotFound(turn: Turn, flight: Flight, { until, inBlock }: NotFound): void {
  if (flight.outcome === 'expired') {
    wait(turn, `the nonce ${flight.nonce} is used, and no block up to ${until} has it`);
    return;
  }
  if (until >= flight.birth + BigInt(flight.period) - 1n) {
    expire(turn, flight, until);
    return;
  }
  noteBlock(turn, flight, inBlock);
  sendOn(turn);
}

function expire(turn: Turn, flight: Flight, until: bigint): void {
  const detail = `no block up to ${until} has the nonce ${flight.nonce}`;
  change(turn, { flight: { ...flight, outcome: 'expired', inBlock: null } }, { reason: 'expired', detail });
  tryFailed(turn, `${flight.leg}: ${detail}`);
}

/** For display only: an unfinalised block decides nothing. */
function noteBlock(turn: Turn, flight: Flight, inBlock: NotFound['inBlock']): void {
  if (inBlock?.block === flight.inBlock?.block) return;
  const reason = inBlock === null ? 'out-of-block' : 'in-block';
  const detail = `block ${(inBlock ?? flight.inBlock)?.height}`;
  change(turn, { flight: { ...flight, inBlock } }, { reason, detail, block: inBlock?.block ?? null });
}

/** The search did not find it, and it can still be included. */
function sendOn(turn: Turn): void {
  const { flight, closing, seen } = turn.state;
  if (flight === null || flight.inBlock !== null) return;
  // An intent that needs a withdrawal also has `closing` set, and is sent on.
  if (closing !== null && flight.leg !== 'withdraw') return;
  if (flight.bytes === null) {
    askFor(turn, { ask: 'sign', flight });
    return;
  }
  if (flight.sentAt !== null && seen < flight.sentAt + turn.rules.resendBlocks) return;
  const said = { reason: 'handed-over-again', detail: `nonce ${flight.nonce}` } as const;
  change(turn, { flight: { ...flight, sentAt: seen } }, said);
  askFor(turn, { ask: 'submit', bytes: flight.bytes });
}

/** A possible inclusion cannot be read. After a few more attempts, sending stops. */
function lookAgain(turn: Turn, flight: Flight, why: string): void {
  const looks = flight.looks + 1;
  if (looks < turn.rules.maxLooks) {
    change(turn, { flight: { ...flight, looks } }, { reason: 'looks', detail: why });
    return;
  }
  closeFlight(turn, 'unknown');
  endNow(turn, { result: 'failed', reason: 'outcome-unknown', detail: why }, { extrinsic: flight.hash });
}

/** A node keeps the states of so many finalised blocks by default. */
const KEPT_STATES = 256n;

/** The state of the block that included it was not read. Later, no node may have it any more. */
export function onUnread(turn: Turn, why: string): void {
  const { flight, seen } = turn.state;
  const isOld = flight !== null && flight.landed !== null && seen > flight.landed.height + KEPT_STATES;
  if (isOld) lookAgain(turn, flight, `reading back: ${why}`);
  else wait(turn, `read: ${why}`);
}

/** The result, from the state of the block that included it. */
export function onRead(turn: Turn, block: BlockRef, facts: ChainFacts): void {
  const { flight } = turn.state;
  if (flight === null || flight.landed === null || facts.block.hash !== block.hash) {
    drop(turn, 'read', 'another-block');
    return;
  }
  if (flight.leg === turn.state.intent.call || flight.leg === 'execute') {
    verifyNomination(turn, flight, facts);
    return;
  }
  verifyAnnouncement(turn, flight, facts);
}

function verifyNomination(turn: Turn, flight: Flight, { nomination, block }: ChainFacts): void {
  if (!nomination.known) {
    lookAgain(turn, flight, `reading back: ${nomination.reason}`);
    return;
  }
  const said = { extrinsic: flight.landed?.hash ?? null, block: block.hash };
  const isThere = isAsAsked(turn.state, nomination.value);
  const late =
    turn.state.closing?.to === 'end' ? `; it was too late for ${turn.state.closing.ending.reason}` : '';
  closeFlight(turn, 'landed');
  turn.state = { ...turn.state, announcement: null };
  const detail = isThere
    ? `${turn.state.intent.call === 'chill' ? 'no nomination' : counted(turn.state.targets.length, 'target')} in block ${block.height}${late}`
    : `block ${block.height} has ${nomination.value?.targets.join(', ') ?? 'no nomination'}`;
  if (isThere) endNow(turn, { result: 'finalised', reason: 'verified', detail }, said);
  else endNow(turn, { result: 'failed', reason: 'not-as-asked', detail }, said);
}

/** Whether the included extrinsic is an earlier one with the same nonce and another call. */
function isOfEarlierFlight({ calls, landed, hash }: Flight): boolean {
  return calls.length > 1 && landed !== null && landed.hash !== hash;
}

function verifyAnnouncement(turn: Turn, flight: Flight, facts: ChainFacts): void {
  const { announcements, block } = facts;
  if (!announcements.known) {
    lookAgain(turn, flight, `reading back: ${announcements.reason}`);
    return;
  }
  if (flight.leg === 'withdraw' && isOfEarlierFlight(flight)) {
    // A node hid that the announcement was executed, and its nonce was used again for the withdrawal.
    if (!facts.nomination.known || isAsAsked(turn.state, facts.nomination.value)) {
      verifyNomination(turn, flight, facts);
      return;
    }
  }
  const { intent } = turn.state;
  const { inner, landed } = flight;
  const found = announcements.value.find((one) => one.real === intent.real && one.callHash === inner?.hash);
  const said = { extrinsic: landed?.hash ?? null, block: block.hash };
  closeFlight(turn, 'landed');
  if (flight.leg === 'withdraw') {
    if (found === undefined) {
      const detail = `${inner?.hash} is gone`;
      change(turn, { announcement: null, stage: 'planned' }, { reason: 'withdrawn', detail, ...said });
      return;
    }
    change(turn, {}, { reason: 'not-withdrawn', detail: found.callHash, ...said });
    tryFailed(turn, 'withdrawing succeeded, and the announcement is still there');
    return;
  }
  if (found === undefined || inner === null) {
    const detail = `block ${block.height} has no announcement of ${inner?.hash}`;
    endNow(turn, { result: 'failed', reason: 'not-as-asked', detail }, said);
    return;
  }
  const announcement = { call: inner.call, callHash: inner.hash, relayHeight: found.relayHeight };
  const detail = `${inner.hash}, of relay block ${found.relayHeight}`;
  change(
    turn,
    { stage: 'announced', announcement, tries: NO_TRIES },
    { reason: 'announced', detail, ...said },
  );
}
