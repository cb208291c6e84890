import type { IntentState } from '../state.ts';
import { onPrepared, onSigned, onSubmitted, onVerdict } from './begin.ts';
import { onCommand } from './commands.ts';
import { decide } from './decide.ts';
import type { Effect } from './effects.ts';
import type { IntentEvent } from './events.ts';
import { onRead, onSearch, onUnread } from './landing.ts';
import type { MachineRules } from './rules.ts';
import { askFor, drop, type Turn, wait } from './turn.ts';

/** A new state, and the effects to perform before it counts; see {@link Effect}. */
export interface Step {
  readonly state: IntentState;
  readonly effects: readonly Effect[];
}

/**
 * Applies one event to one intent. Pure: the same arguments always give the same result, and are not changed.
 */
export function step(rules: MachineRules, state: IntentState, event: IntentEvent): Step {
  const turn: Turn = { rules, state, ask: null, notes: [], closed: [], dropped: [] };
  if (state.stage === 'ended') drop(turn, event.kind, 'ended');
  else take(turn, event);
  const next = { ...turn.state, asking: turn.ask };
  const effects: Effect[] = [...turn.dropped];
  if (turn.notes.length > 0)
    effects.push({ kind: 'store', state: next, notes: turn.notes, closed: turn.closed });
  if (turn.ask !== null) effects.push({ kind: 'ask', ask: turn.ask });
  return { state: next, effects };
}

function take(turn: Turn, event: IntentEvent): void {
  if (event.kind === 'facts') {
    onFacts(turn, event);
    return;
  }
  if (event.kind === 'cancel' || event.kind === 'supersede' || event.kind === 'resume') {
    onCommand(turn, event);
    return;
  }
  const { asking } = turn.state;
  if (event.kind === 'no-answer') {
    if (asking === null) {
      drop(turn, event.kind, 'not-asked');
      return;
    }
    if (asking.ask === 'submit') {
      onSubmitted(turn, { result: 'unknown', detail: event.why });
      return;
    }
    if (asking.ask === 'read') onUnread(turn, event.why);
    else wait(turn, `${asking.ask}: ${event.why}`);
    return;
  }
  if (asking?.ask === 'search' && event.kind === 'search') onSearch(turn, asking, event.answer);
  else if (asking?.ask === 'read' && event.kind === 'read') onRead(turn, asking.block, event.facts);
  else if (asking?.ask === 'revalidate' && event.kind === 'revalidate')
    onVerdict(turn, asking.begin, event.answer);
  else if (asking?.ask === 'prepare' && event.kind === 'prepare') onPrepared(turn, asking, event.answer);
  else if (asking?.ask === 'sign' && event.kind === 'sign') onSigned(turn, event.answer);
  else if (asking?.ask === 'submit' && event.kind === 'submit') onSubmitted(turn, event.answer);
  else drop(turn, event.kind, 'not-asked');
}

function onFacts(turn: Turn, { facts, mayBegin }: Extract<IntentEvent, { readonly kind: 'facts' }>): void {
  // The state of a lagging node could predate our own transactions.
  if (facts.block.height < turn.state.seen) {
    drop(turn, 'facts', 'older');
    return;
  }
  turn.state = { ...turn.state, seen: facts.block.height };
  const { flight } = turn.state;
  if (flight === null || flight.outcome !== 'open') {
    decide(turn, facts, mayBegin);
    return;
  }
  if (flight.landed !== null) {
    const { block: hash, height } = flight.landed;
    askFor(turn, { ask: 'read', block: { hash, height } });
    return;
  }
  const { account, nonce, searchFrom } = flight;
  askFor(turn, { ask: 'search', account, nonce, from: searchFrom, to: facts.block });
}
