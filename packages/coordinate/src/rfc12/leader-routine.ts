import { messageOf } from '@watchbill/kit';
import { type Decision, quiet, type RuleEvent, type Verdict } from '../rules.ts';
import { actionNamed } from './actions.ts';
import type { Rfc12Member } from './member.ts';
import { encodeMessage, MESSAGE_TYPE } from './message.ts';
import { encodePayload } from './payload-encode.ts';
import type { Plan } from './plan.ts';
import type { Proposal } from './proposal.ts';
import { scaledBlocks } from './windows.ts';

export const MAX_ATTEMPTS = 2;
export const ATTEMPT_DELAY_MS = 60_000;

/** A leader on its way to a proposal. */
export interface LeaderRound {
  readonly role: 'leader';
  /** From 1. */
  readonly attempt: number;
  /** For the answer of the generator, or for the time between two attempts. */
  readonly waitsFor: 'proposal' | 'time';
  readonly errors: readonly string[];
}

export function beginLeading(): Verdict<LeaderRound> {
  return ask({ role: 'leader', attempt: 1, waitsFor: 'proposal', errors: [] });
}

/** The leader's routine. It ignores the messages of others. */
export function lead(
  member: Rfc12Member,
  plan: Plan,
  round: LeaderRound,
  event: RuleEvent<Proposal>,
): Verdict<LeaderRound> {
  switch (event.kind) {
    case 'proposal':
      return isExpected(round, event, 'proposal')
        ? propose(member, plan, round, event.proposal)
        : stale(round);
    case 'no-proposal':
      return isExpected(round, event, 'proposal') ? failed(round, event.why) : stale(round);
    case 'ask-again':
      return isExpected(round, event, 'time') ? ask({ ...round, waitsFor: 'proposal' }) : stale(round);
    case 'message':
      return { ...quiet(round), dropped: 'leading' };
    case 'height':
      return quiet(round);
    case 'validated':
      return stale(round);
    case 'active-end':
      return { ...quiet(round), decision: failure('proposal-late', round.errors.join('; ')) };
  }
}

function isExpected(
  round: LeaderRound,
  { attempt }: { readonly attempt: number },
  waitsFor: LeaderRound['waitsFor'],
): boolean {
  return round.attempt === attempt && round.waitsFor === waitsFor;
}

function stale(round: LeaderRound): Verdict<LeaderRound> {
  return { ...quiet(round), dropped: 'late' };
}

function ask(round: LeaderRound): Verdict<LeaderRound> {
  return { ...quiet(round), asks: [{ kind: 'generate', attempt: round.attempt }] };
}

/** Sends the proposal through the lowest seat and ends. The others decide by themselves. */
function propose(
  member: Rfc12Member,
  plan: Plan,
  round: LeaderRound,
  proposal: Proposal,
): Verdict<LeaderRound> {
  const message = {
    senderSeat: member.localSeats[0] ?? 0,
    coordinationBlock: plan.window.block,
    keyHash: member.group.keyHash,
    proposal,
  };
  try {
    const payload = encodeMessage(message);
    const { maxMessageBytes } = member.settings;
    if (payload.length > maxMessageBytes) {
      return failed(
        round,
        `the proposal has ${payload.length} bytes; a message has at most ${maxMessageBytes}`,
      );
    }
    const asks = [{ kind: 'broadcast', type: MESSAGE_TYPE, payload } as const];
    return { ...quiet(round), asks, decision: decisionOn(proposal, member) };
  } catch (error) {
    // If the value cannot be sent, the generator has failed, as if it had returned none.
    return failed(round, messageOf(error));
  }
}

function failed(round: LeaderRound, why: string): Verdict<LeaderRound> {
  const text = `attempt ${round.attempt}: ${why}`;
  const errors = [...round.errors, text];
  const notes = [{ code: 'attempt-failed', text }];
  if (round.attempt >= MAX_ATTEMPTS) {
    return { ...quiet({ ...round, errors }), notes, decision: failure('no-proposal', errors.join('; ')) };
  }
  const attempt = round.attempt + 1;
  return {
    ...quiet<LeaderRound>({ ...round, attempt, waitsFor: 'time', errors }),
    notes,
    asks: [{ kind: 'ask-again-after', attempt, delayMs: ATTEMPT_DELAY_MS }],
  };
}

function failure(reason: 'no-proposal' | 'proposal-late', detail: string): Decision {
  return { result: 'failed', reason, detail };
}

/** The effect of a proposal on a node that accepts it, the leader included. */
export function decisionOn(proposal: Proposal, { settings }: Pick<Rfc12Member, 'settings'>): Decision {
  const { name: action, validityBlocks } = actionNamed(proposal.action);
  if (validityBlocks === null) return { result: 'noop', action };
  const blocks = scaledBlocks(validityBlocks, settings.times.scale);
  return { result: 'execute', action, payload: encodePayload(proposal), validityBlocks: blocks };
}
