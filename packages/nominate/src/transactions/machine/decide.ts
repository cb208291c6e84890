import { type Announcement, type ChainFacts, nominatingProxy } from '../facts.ts';
import { isAsAsked, isDone } from './already.ts';
import { askToPrepare } from './begin.ts';
import type { Begin } from './effects.ts';
import { askFor, change, end, endNow, finishClosing, type Turn, wait } from './turn.ts';

/** The intent has no open flight: the next step follows from the state of a finalised block. */
export function decide(turn: Turn, facts: ChainFacts, mayBegin: boolean): void {
  if (!isLastFlightSettled(turn, facts)) return;
  if (!isReconciled(turn, facts)) return;
  const { announcement, closing } = turn.state;
  if (closing !== null && announcement === null) {
    finishClosing(turn);
    return;
  }
  if (closing === null && isDone(turn, facts)) return;
  if (!facts.relayHeight.known) {
    wait(turn, `the relay height is not known: ${facts.relayHeight.reason}`);
    return;
  }
  checkDeadline(turn, facts.relayHeight.value);
  if (turn.state.stage === 'ended') return;
  const begin = nextLeg(turn, facts, facts.relayHeight.value);
  if (begin === null || !mayTry(turn, facts, mayBegin)) return;
  if (begin.leg === 'withdraw') askToPrepare(turn, begin);
  else askFor(turn, { ask: 'revalidate', targets: turn.state.targets, begin });
}

/**
 * The nonce of an expired flight must still be free. Then the next flight uses it too, and only one of them
 * can be included. If the nonce is used, the transaction that used it must be found first.
 */
function isLastFlightSettled(turn: Turn, { nonce, block, relayHeight }: ChainFacts): boolean {
  const { flight } = turn.state;
  if (flight === null) return true;
  if (!nonce.known) {
    wait(turn, `the nonce of the signer is not known: ${nonce.reason}`);
    return false;
  }
  if (nonce.value === flight.nonce) return true;
  if (nonce.value < flight.nonce) {
    wait(
      turn,
      `the chain says that the next nonce is ${nonce.value}, and has taken ${flight.nonce - 1} before`,
    );
    // The chain removes an account that is emptied, and its nonces begin again. The era of the flight is
    // over, so the intent may end.
    if (turn.state.closing !== null && turn.state.announcement === null) finishClosing(turn);
    else if (relayHeight.known) checkDeadline(turn, relayHeight.value);
    return false;
  }
  const { account, searchFrom } = flight;
  askFor(turn, { ask: 'search', account, nonce: flight.nonce, from: searchFrom, to: block });
  return false;
}

/** Our announcement as it is on the chain. */
function isReconciled(turn: Turn, facts: ChainFacts): boolean {
  const { announcements } = facts;
  if (announcements.known) noteStrangers(turn, announcements.value);
  const { announcement, intent } = turn.state;
  if (announcement === null) return true;
  if (!announcements.known) {
    wait(turn, `the announcements of the signer are not known: ${announcements.reason}`);
    return false;
  }
  const { callHash, call } = announcement;
  const found = announcements.value.find((one) => one.real === intent.real && one.callHash === callHash);
  if (found === undefined) {
    vanished(turn, facts);
    return false;
  }
  const { relayHeight } = found;
  if (relayHeight !== announcement.relayHeight) {
    const detail = `it counts from relay block ${relayHeight}`;
    change(turn, { announcement: { call, callHash, relayHeight } }, { reason: 'announcement-moved', detail });
  }
  return true;
}

function vanished(turn: Turn, { nomination, block }: ChainFacts): void {
  const { closing } = turn.state;
  if (!nomination.known) {
    wait(turn, `the nomination of the stash is not known: ${nomination.reason}`);
    return;
  }
  const isThere = isAsAsked(turn.state, nomination.value);
  turn.state = { ...turn.state, announcement: null };
  const said = { block: block.hash };
  if (closing !== null && !isThere) {
    finishClosing(turn);
    return;
  }
  if (isThere) {
    const detail = 'the announcement is gone, and the nomination is as requested';
    endNow(turn, { result: 'superseded', reason: 'done-by-another', detail }, said);
    return;
  }
  const detail = `neither the announcement nor the requested nomination is in the state of block ${block.height}`;
  endNow(turn, { result: 'failed', reason: 'announcement-vanished', detail }, said);
}

/** Announcements on behalf of the same account that are not ours: each is reported once, and left alone. */
function noteStrangers(turn: Turn, announcements: readonly Announcement[]): void {
  const { intent, announcement, strangers, closing } = turn.state;
  if (closing !== null) return;
  for (const { real, callHash, relayHeight } of announcements) {
    if (real !== intent.real || callHash === announcement?.callHash) continue;
    if (turn.state.strangers.includes(callHash) || turn.state.strangers.length >= 64) continue;
    const detail = `${callHash}, of relay block ${relayHeight}`;
    change(turn, { strangers: [...turn.state.strangers, callHash] }, { reason: 'stranger', detail });
  }
  // Those that are gone may be forgotten, with the next change.
  const present = new Set(announcements.map(({ callHash }) => callHash));
  if (strangers.some((hash) => !present.has(hash)))
    turn.state = { ...turn.state, strangers: turn.state.strangers.filter((hash) => present.has(hash)) };
}

function checkDeadline(turn: Turn, relay: bigint): void {
  const { intent, closing, held } = turn.state;
  if (relay < intent.deadlineRelay || closing?.to === 'end') return;
  const why = held ?? turn.state.waiting ?? turn.state.tries.why;
  const detail = `relay block ${relay} is at or past ${intent.deadlineRelay}${why === '' ? '' : `; ${why}`}`;
  end(turn, { result: 'failed', reason: 'too-late', detail });
}

/** The leg that the facts allow to start now; null if there is none. */
function nextLeg(turn: Turn, facts: ChainFacts, relay: bigint): Begin | null {
  const { intent, closing, announcement } = turn.state;
  if (closing !== null) return { leg: 'withdraw', facts, proxy: null };
  if (intent.way === 'direct') return { leg: intent.call, facts, proxy: null };
  const { proxies } = facts;
  if (!proxies.known) {
    wait(turn, `the proxies of the account are not known: ${proxies.reason}`);
    return null;
  }
  const proxy = nominatingProxy(proxies.value, intent.signer);
  if (proxy === null) {
    const detail = `${intent.signer} is not a proxy of ${intent.real} that may nominate`;
    end(turn, { result: 'failed', reason: 'not-a-proxy', detail });
    return null;
  }
  if (announcement !== null)
    return isDelayOver(turn, relay, proxy.delay) ? { leg: 'execute', facts, proxy } : null;
  if (proxy.delay === 0n) return { leg: intent.call, facts, proxy };
  if (relay + proxy.delay < intent.deadlineRelay) return { leg: 'announce', facts, proxy };
  const detail = `a delay of ${proxy.delay} relay blocks from ${relay} ends at or past ${intent.deadlineRelay}`;
  end(turn, { result: 'failed', reason: 'too-late', detail });
  return null;
}

/** As `pallet-proxy` counts: relay blocks since the block of the announcement. */
function isDelayOver(turn: Turn, relay: bigint, delay: bigint): boolean {
  const { announcement, stage } = turn.state;
  if (announcement === null) return false;
  const over = announcement.relayHeight + delay;
  const isOver = relay >= over;
  if (isOver && stage !== 'executable')
    change(turn, { stage: 'executable' }, { reason: 'executable', detail: `since relay block ${over}` });
  if (!isOver && stage === 'executable')
    change(turn, { stage: 'announced' }, { reason: 'waiting', detail: `until relay block ${over}` });
  return isOver;
}

function mayTry(turn: Turn, facts: ChainFacts, mayBegin: boolean): boolean {
  const { nonce, spendable, nomination, block } = facts;
  const { closing, held, tries } = turn.state;
  if (block.height < tries.notBefore) return false;
  if (closing === null && held !== null) return false;
  if (closing?.to === 'end' && tries.count >= turn.rules.maxTries) {
    const { ending } = closing;
    const detail = `${ending.detail}; its announcement is still on chain: ${tries.why}`;
    endNow(turn, { ...ending, detail });
    return false;
  }
  if (!mayBegin) return false;
  // A known nomination shows whether another process was first. Without `sinceEra`, a nomination cannot
  // compare it.
  const { call, sinceEra } = turn.state.intent;
  if (closing === null && (call === 'chill' || sinceEra !== null) && !nomination.known) {
    wait(turn, `the nomination of the stash is not known: ${nomination.reason}`);
    return false;
  }
  if (nonce.known && spendable.known) return true;
  wait(turn, 'the nonce or the balance of the signer is not known');
  return false;
}
