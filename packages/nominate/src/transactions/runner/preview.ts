import { within } from '@watchbill/kit';
import type { Leg, NominationCall } from '../intent.ts';
import type { IntentEvent } from '../machine/events.ts';
import type { MachineRules } from '../machine/rules.ts';
import { step } from '../machine/step.ts';
import { type IntentState, shownState } from '../state.ts';
import { type AnswerParts, answerTo } from './answer.ts';
import { requestFor } from './sign.ts';

/** The transaction that would be sent now. */
export interface WouldSend {
  readonly leg: Leg;
  readonly asked: NominationCall;
  readonly inner: NominationCall | null;
  readonly account: string;
  readonly nonce: number;
  readonly payload: string;
  /** Planck; null if unknown. */
  readonly fee: bigint | null;
  readonly deposit: bigint | null;
}

export interface Preview {
  /** Null if no transaction would be sent now. */
  readonly send: WouldSend | null;
  /** The lines that the journal would get, in order. */
  readonly notes: readonly string[];
  /** The next state. */
  readonly state: IntentState;
}

const MOST_QUESTIONS = 8;

/**
 * A dry run: the same machine with the same reads on a copy of the state, up to the signer. It has no store,
 * and neither signs nor submits. Rejects if the chain does not answer.
 */
export async function previewIntent(
  parts: Omit<AnswerParts, 'signers'>,
  rules: MachineRules,
  state: IntentState,
  signal: AbortSignal,
): Promise<Preview> {
  const { chain, limits, clock } = parts;
  const ask = (limited: AbortSignal) => chain.facts(state.intent, limited);
  const facts = await within('facts', limits.answerTimeoutMs, signal, ask, clock);
  const notes: string[] = [];
  let now = state;
  let event: IntentEvent = { kind: 'facts', facts, mayBegin: true };
  let cost: Pick<WouldSend, 'fee' | 'deposit'> = { fee: null, deposit: null };
  for (let questions = 0; questions <= MOST_QUESTIONS; questions += 1) {
    const next = step(rules, now, event);
    now = next.state;
    for (const effect of next.effects)
      if (effect.kind === 'store')
        for (const { reason, detail } of effect.notes) notes.push(`${reason}: ${detail}`);
    const { asking } = now;
    if (asking === null || asking.ask === 'submit') return { send: null, notes, state: now };
    if (asking.ask === 'sign') return { send: await sendOf(parts, now, cost, signal), notes, state: now };
    event = await answerTo({ ...parts, signers: new Map() }, now, asking, signal);
    if (event.kind === 'prepare' && event.answer.result === 'prepared') {
      const { fee, deposit } = event.answer.prepared;
      cost = { fee: fee.known ? fee.value : null, deposit: deposit.known ? deposit.value : null };
    }
  }
  return { send: null, notes, state: now };
}

async function sendOf(
  parts: Omit<AnswerParts, 'signers'>,
  state: IntentState,
  cost: Pick<WouldSend, 'fee' | 'deposit'>,
  signal: AbortSignal,
): Promise<WouldSend | null> {
  const { flight } = state;
  if (flight === null) return null;
  const request = await requestFor(parts, state, flight, signal);
  if (typeof request === 'string') throw new Error(request);
  const { asked, inner, account, nonce, payload } = request;
  return { leg: flight.leg, asked, inner, account, nonce, payload, ...cost };
}

/** One line per piece of information. */
export function previewLines({ send, notes, state }: Preview): readonly string[] {
  const nothing = `nothing would be sent now; the state would be ${shownState(state)}`;
  if (send === null) return [nothing, ...notes];
  const { leg, asked, account, nonce, fee, deposit } = send;
  return [
    `${leg} would be signed by ${account} with nonce ${nonce}`,
    `call: ${JSON.stringify(asked)}`,
    `fee ${fee ?? 'unknown'} planck, deposit ${deposit ?? 'unknown'} planck`,
    ...notes,
  ];
}
