import type { Sent } from '../cursor.ts';
import { type Fault, noteFault } from '../faults.ts';
import { FIRST_BACKOFF } from '../retransmission.ts';
import type { Ask, RuleEvent, Rules, Verdict } from '../rules.ts';
import { endingOf, isBusy, takenUp, tellEnding } from './ending.ts';
import type { Running } from './state.ts';
import { cursorOf, drop, storeCursor, type Turn } from './turn.ts';

type Procedure<Plan, Round> = Extract<Running<Plan, Round>, { readonly phase: 'procedure' }>;

/** Give an event to the running procedure, and carry out its verdict. */
export function tellProcedure<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  running: Procedure<Plan, Round>,
  event: RuleEvent<Proposal>,
): void {
  const verdict = rules.on(running.plan, running.round, event);
  follow(rules, turn, running, verdict);
  if (verdict.dropped !== null) drop(turn, event.kind, verdict.dropped);
}

/**
 * Carries out a verdict: stores the memory first, then sends and asks, and at last reports the end of the
 * window.
 */
export function follow<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  running: Procedure<Plan, Round>,
  verdict: Verdict<Round>,
): void {
  const { book, fresh } = noted(running, verdict.faults);
  const sent = messagesOf(turn, verdict.asks);
  const { window } = running;
  const memory = verdict.memory ?? cursorOf(turn).memory;
  const stored = { faults: book, sent: [...cursorOf(turn).sent, ...sent], memory };
  turn.state = { ...turn.state, running: { ...running, round: verdict.round, faults: book } };
  let ending = null;
  if (verdict.decision !== null) {
    const ended = { window, leader: rules.leaderOf(running.plan), faults: book };
    ending = endingOf(ended, verdict.decision, isBusy(turn));
    const { outcome, execution } = ending;
    turn.state = { ...turn.state, running: null };
    storeCursor(turn, { ...stored, stage: 'ended', outcome, ...takenUp(execution) });
  } else if (fresh.length > 0 || sent.length > 0 || verdict.memory !== null) {
    storeCursor(turn, stored);
  }
  for (const fault of fresh) turn.effects.push({ kind: 'record-fault', window: window.index, fault });
  for (const ask of verdict.asks) startSending(turn, running, ask);
  for (const ask of verdict.asks) pushQuestion(turn, running, ask);
  for (const note of verdict.notes) turn.effects.push({ kind: 'notice', window: window.index, ...note });
  if (ending !== null) tellEnding(turn, ending);
}

function noted<Plan, Round>(running: Procedure<Plan, Round>, faults: readonly Fault[]) {
  let book = running.faults;
  const fresh: Fault[] = [];
  for (const fault of faults) {
    const next = noteFault(book, fault);
    book = next.book;
    if (next.isNew) fresh.push(fault);
  }
  return { book, fresh };
}

function messagesOf<Plan, Round>(turn: Turn<Plan, Round>, asks: readonly Ask[]): readonly Sent[] {
  const atHeight = turn.state.head ?? 0n;
  return asks.flatMap((ask) =>
    ask.kind === 'broadcast' ? [{ type: ask.type, payload: ask.payload, atHeight }] : [],
  );
}

function startSending<Plan, Round>(
  turn: Turn<Plan, Round>,
  { window }: Procedure<Plan, Round>,
  ask: Ask,
): void {
  if (ask.kind !== 'broadcast') return;
  const { type, payload, untilHeight = window.activeEnd } = ask;
  turn.effects.push({ kind: 'broadcast', window: window.index, type, payload, again: false });
  const sent = { type, payload, atHeight: turn.state.head ?? 0n };
  const sending = { window: window.index, sent, backoff: FIRST_BACKOFF, untilHeight };
  turn.state = { ...turn.state, sending: [...turn.state.sending, sending] };
}

function pushQuestion<Plan, Round>(
  turn: Turn<Plan, Round>,
  { window, plan }: Procedure<Plan, Round>,
  ask: Ask,
): void {
  const { index } = window;
  if (ask.kind === 'generate') turn.effects.push({ ...ask, window: index, plan });
  if (ask.kind === 'validate') turn.effects.push({ ...ask, window: index, plan });
  if (ask.kind === 'ask-again-after') turn.effects.push({ ...ask, window: index });
}
