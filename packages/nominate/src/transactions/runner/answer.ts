import { type Clock, messageOf, within } from '@watchbill/kit';
import type { Ask } from '../machine/effects.ts';
import type { IntentEvent } from '../machine/events.ts';
import type { IntentState } from '../state.ts';
import { prepare } from './prepare.ts';
import type { Judge } from './runner-ports.ts';
import { type SignParts, sign } from './sign.ts';

export interface AnswerParts extends SignParts {
  readonly judge: Judge;
  readonly limits: AnswerLimits;
  /** For the limits. */
  readonly clock: Pick<Clock, 'sleep'>;
}

export interface AnswerLimits {
  readonly answerTimeoutMs: number;
  /** How long a signer may work on one request, over several turns. */
  readonly signTimeoutMs: number;
  /** How long one turn waits for it. */
  readonly signWaitMs: number;
}

export const ANSWER_LIMITS: AnswerLimits = {
  answerTimeoutMs: 30_000,
  signTimeoutMs: 600_000,
  signWaitMs: 2_000,
};

/** Makes a request to the world. Always gives an event: a call that fails or hangs gives `no-answer`. */
export async function answerTo(
  parts: AnswerParts,
  state: IntentState,
  ask: Ask,
  signal: AbortSignal,
): Promise<IntentEvent> {
  const { limits, clock } = parts;
  try {
    const event = (limited: AbortSignal) => eventOf(parts, state, ask, limited);
    return await within(ask.ask, limits.answerTimeoutMs, signal, event, clock);
  } catch (error) {
    return { kind: 'no-answer', why: messageOf(error) };
  }
}

async function eventOf(
  parts: AnswerParts,
  state: IntentState,
  ask: Ask,
  signal: AbortSignal,
): Promise<IntentEvent> {
  const { chain } = parts;
  const { intent } = state;
  switch (ask.ask) {
    case 'search':
      return { kind: 'search', answer: await chain.search(ask, signal) };
    case 'read':
      return { kind: 'read', facts: await chain.factsAt(intent, ask.block, signal) };
    case 'revalidate': {
      const { leg, facts } = ask.begin;
      return { kind: 'revalidate', answer: await parts.judge(intent, ask.targets, leg, facts.block, signal) };
    }
    case 'prepare':
      return { kind: 'prepare', answer: await prepare(parts, ask.request, signal) };
    case 'sign':
      return { kind: 'sign', answer: await sign(parts, state, ask.flight, signal) };
    case 'submit':
      return { kind: 'submit', answer: await chain.submit(ask.bytes, signal) };
  }
}
