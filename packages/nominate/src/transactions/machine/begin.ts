import { stakingCall } from '../intent.ts';
import type { Flight } from '../state.ts';
import { isDone } from './already.ts';
import type { Ask, Begin, PrepareRequest } from './effects.ts';
import type { PrepareAnswer, Prepared, SignAnswer, SubmitAnswer, VerdictAnswer } from './events.ts';
import { askFor, change, drop, end, NO_TRIES, type Turn, tryFailed, wait } from './turn.ts';

type Preparing = Extract<Ask, { readonly ask: 'prepare' }>;

/**
 * The targets were judged again. A nomination that was not sent yet may lose some; an announced one cannot. A
 * chill ends if one of them passes again.
 */
export function onVerdict(turn: Turn, begin: Begin, answer: VerdictAnswer): void {
  if (answer.result === 'unknown') {
    wait(turn, `the targets could not be judged again: ${answer.why}`);
    return;
  }
  const keep = turn.state.targets.filter((target) => answer.keep.includes(target));
  if (turn.state.intent.call === 'chill') {
    const detail = `${keep.join(', ')} passed again`;
    if (keep.length === 0) askToPrepare(turn, begin);
    else end(turn, { result: 'cancelled', reason: 'revalidation', detail });
    return;
  }
  if (keep.length === turn.state.targets.length) {
    askToPrepare(turn, begin);
    return;
  }
  const why = answer.dropped.map((one) => `${one.stashKey}: ${one.why}`).join('; ');
  if (keep.length === 0) {
    end(turn, { result: 'cancelled', reason: 'revalidation', detail: why });
    return;
  }
  const said = { reason: 'targets-dropped', detail: why } as const;
  if (begin.leg === 'execute') {
    const closing = { to: 'plan', targets: keep, why: `targets were dropped: ${why}` } as const;
    change(turn, { closing, tries: NO_TRIES }, said);
    return;
  }
  change(turn, { targets: keep }, said);
  // Another process may have dropped the same ones first.
  if (!isDone(turn, begin.facts)) askToPrepare(turn, begin);
}

export function askToPrepare(turn: Turn, begin: Begin): void {
  const { facts, leg, proxy } = begin;
  const { intent, targets, announcement, flight } = turn.state;
  if (!facts.nonce.known) {
    wait(turn, 'the nonce of the signer is not known');
    return;
  }
  // See decide: an unsettled flight and a new one share their nonce.
  if (flight !== null && flight.nonce !== facts.nonce.value) {
    drop(turn, 'prepare', 'unsettled');
    return;
  }
  const isAnnounced = leg === 'execute' || leg === 'withdraw';
  const request: PrepareRequest = {
    leg,
    signer: intent.signer,
    real: intent.real,
    proxyType: leg === intent.call || leg === 'execute' ? (proxy?.type ?? null) : null,
    wanted: stakingCall(intent, targets),
    announced: isAnnounced ? (announcement?.callHash ?? null) : null,
    block: facts.block,
    nonce: facts.nonce.value,
    period: leg === 'withdraw' ? turn.rules.period : periodBefore(turn, begin),
    tip: turn.rules.tip,
  };
  askFor(turn, { ask: 'prepare', request, begin });
}

const SHORTEST_PERIOD = 4;

/** Short enough to end before the deadline, if the staking chain has at least one block per relay block. */
function periodBefore(turn: Turn, { facts }: Begin): number {
  const { intent } = turn.state;
  const left = facts.relayHeight.known ? Number(intent.deadlineRelay - facts.relayHeight.value) : 0;
  let { period } = turn.rules;
  while (period > left && period > SHORTEST_PERIOD) period /= 2;
  return period;
}

export function onPrepared(turn: Turn, { request, begin }: Preparing, answer: PrepareAnswer): void {
  const { announcement } = turn.state;
  if (answer.result === 'unavailable') {
    tryFailed(turn, answer.why);
    return;
  }
  if (answer.result === 'mismatch') {
    if (request.leg === 'withdraw') {
      tryFailed(turn, answer.why);
      return;
    }
    end(turn, { result: 'failed', reason: 'payload-mismatch', detail: answer.why });
    return;
  }
  const { prepared } = answer;
  if (request.leg === 'execute' && prepared.inner?.hash !== announcement?.callHash) {
    const why = `the announced call is ${announcement?.callHash}, and encodes as ${prepared.inner?.hash} now`;
    const closing = { to: 'plan', targets: turn.state.targets, why } as const;
    change(turn, { closing, tries: NO_TRIES }, { reason: 'call-changed', detail: why });
    return;
  }
  if (request.leg === 'announce' && isAnnouncedAlready(turn, begin, prepared)) return;
  const lack = lackOf(begin, prepared, request.tip);
  if (lack !== null) {
    tryFailed(turn, lack);
    return;
  }
  takeOff(turn, request, prepared);
}

/**
 * The same call is already announced, at an unknown time: it is adopted. If this is unknown, no announcement
 * is sent.
 */
function isAnnouncedAlready(turn: Turn, { facts }: Begin, { inner }: Prepared): boolean {
  const { announcements } = facts;
  if (!announcements.known) {
    wait(turn, `the announcements of the signer are not known: ${announcements.reason}`);
    return true;
  }
  const { real } = turn.state.intent;
  const found = announcements.value.find((one) => one.real === real && one.callHash === inner?.hash);
  if (found === undefined || inner === null) return false;
  const announcement = { call: inner.call, callHash: inner.hash, relayHeight: found.relayHeight };
  const strangers = turn.state.strangers.filter((hash) => hash !== inner.hash);
  const detail = `${inner.hash}, of relay block ${found.relayHeight}`;
  change(turn, { stage: 'announced', announcement, strangers }, { reason: 'adopted', detail });
  return true;
}

/** The amount that the signer lacks, in planck; an unknown balance is not enough. */
function lackOf({ facts }: Begin, { fee, deposit }: Prepared, tip: bigint): string | null {
  if (!facts.spendable.known || !facts.reservable.known || !fee.known || !deposit.known)
    return 'the fee, the deposit or the balance of the signer is not known';
  const needed = fee.value + tip + deposit.value;
  // The fee is taken first; a deposit then has to fit into what locks leave, without counting holds.
  const isEnough =
    facts.spendable.value >= needed && (deposit.value === 0n || facts.reservable.value >= needed);
  if (isEnough) return null;
  const most = deposit.value === 0n ? facts.spendable.value : facts.reservable.value;
  return `the signer can spend ${most} planck, and needs ${fee.value} as fee${tip === 0n ? '' : `, ${tip} as tip`} and ${deposit.value} as deposit`;
}

/** From here on the transaction may be included, so the nonce is pinned before the signer is asked. */
function takeOff(turn: Turn, request: PrepareRequest, prepared: Prepared): void {
  const number = turn.state.flightCount + 1;
  const { flight: last } = turn.state;
  const { call } = prepared;
  const flight: Flight = {
    number,
    leg: request.leg,
    account: request.signer,
    nonce: request.nonce,
    birth: request.block.height,
    birthHash: request.block.hash,
    period: request.period,
    tip: request.tip,
    call,
    // The last flight is still here only if its nonce was free: it could be included as well as this one.
    calls: last === null ? [call] : [...last.calls.filter((one) => one !== call), call],
    searchFrom: last === null ? request.block.height + 1n : last.searchFrom,
    inner: prepared.inner,
    payload: prepared.payload,
    bytes: null,
    hash: null,
    sentAt: null,
    inBlock: null,
    landed: null,
    outcome: 'open',
    looks: 0,
  };
  const detail = `${request.leg} with nonce ${request.nonce}, for ${request.period} blocks from ${request.block.height}`;
  change(
    turn,
    { flight, flightCount: number },
    { reason: 'payload-built', detail, block: request.block.hash },
  );
  askFor(turn, { ask: 'sign', flight });
}

export function onSigned(turn: Turn, answer: SignAnswer): void {
  const { flight, seen } = turn.state;
  if (flight === null || flight.bytes !== null) {
    drop(turn, 'sign', 'not-asked');
    return;
  }
  switch (answer.result) {
    case 'signed': {
      const { bytes, hash } = answer;
      const detail = `${flight.leg} with nonce ${flight.nonce}`;
      change(turn, { flight: { ...flight, bytes, hash, sentAt: seen } }, { reason: 'signed', detail });
      askFor(turn, { ask: 'submit', bytes });
      return;
    }
    case 'waiting':
    case 'unavailable':
      wait(turn, `a signature: ${answer.why}`);
      return;
    case 'refused':
      notSigned(turn, 'signer-refused', answer.why);
      return;
    case 'mismatch':
      notSigned(turn, 'payload-mismatch', answer.why);
      return;
  }
}

/** The payload has left this process, so its era is waited for anyway. A withdrawal is retried afterwards. */
function notSigned(turn: Turn, reason: 'signer-refused' | 'payload-mismatch', why: string): void {
  if (turn.state.closing !== null) {
    wait(turn, `a signature: ${why}`);
    return;
  }
  const result = reason === 'signer-refused' ? 'cancelled' : 'failed';
  const closing = { to: 'end', ending: { result, reason, detail: why } } as const;
  change(turn, { closing }, { reason: 'closing', detail: `${reason}: ${why}` });
}

export function onSubmitted(turn: Turn, { result, detail }: SubmitAnswer): void {
  const text = detail === undefined ? result : `${result}: ${detail}`;
  change(turn, {}, { reason: 'submission-answer', detail: text });
}
