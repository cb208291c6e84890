import { detailOf } from '../outcome.ts';
import type { RuleEvent, Rules } from '../rules.ts';
import type { Effect } from './effects.ts';
import type { EngineEvent } from './engine-events.ts';
import { onHeight } from './height.ts';
import { onLateMessage } from './late.ts';
import { follow, tellProcedure } from './procedure.ts';
import type { EngineState, Running } from './state.ts';
import { cursorOf, drop, storeCursor, type Turn } from './turn.ts';

type Seeding<Plan, Round> = Extract<Running<Plan, Round>, { readonly phase: 'seeding' }>;

/** A new state, and what to do before it counts; see {@link Effect}. */
export interface Step<Plan, Round> {
  readonly state: EngineState<Plan, Round>;
  readonly effects: readonly Effect<Plan>[];
}

/**
 * One event of one group. Pure: the same arguments always give the same result, and it changes no argument.
 * Throws only if the rules themselves are broken.
 */
export function step<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  state: EngineState<Plan, Round>,
  event: EngineEvent<Proposal>,
): Step<Plan, Round> {
  const turn: Turn<Plan, Round> = { state, effects: [] };
  take(rules, turn, event);
  return { state: turn.state, effects: turn.effects };
}

function take<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  event: EngineEvent<Proposal>,
): void {
  switch (event.kind) {
    case 'height':
      onHeight(rules, turn, event.height);
      break;
    case 'inputs':
      onInputs(rules, turn, event.window, event.inputs);
      break;
    case 'no-inputs':
      onNoInputs(turn, event.window, event.why);
      break;
    case 'action-ended':
      onActionEnded(turn, event.window);
      break;
    case 'message':
      if (!onLateMessage(rules, turn, event.message)) onProcedureEvent(rules, turn, null, event);
      break;
    default:
      onProcedureEvent(rules, turn, event.window, event);
  }
}

function onInputs<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  index: bigint,
  inputs: readonly Uint8Array[],
): void {
  const running = seeding(turn, 'inputs', index);
  if (running === null) return;
  const { window, faults } = running;
  const plan = rules.plan(window, inputs);
  if (typeof plan === 'string') {
    onNoInputs(turn, index, plan);
    return;
  }
  const verdict = rules.begin(plan, {
    height: turn.state.head ?? window.block,
    memory: cursorOf(turn).memory,
  });
  follow(rules, turn, { window, faults, phase: 'procedure', plan, round: verdict.round }, verdict);
}

/** The next height asks again. */
function onNoInputs<Plan, Round>(turn: Turn<Plan, Round>, index: bigint, why: string): void {
  const running = seeding(turn, 'no-inputs', index);
  if (running === null) return;
  turn.state = { ...turn.state, running: { ...running, asked: false, why: detailOf(why) } };
}

/** The window that waits for this answer, or null: then the answer came late. */
function seeding<Plan, Round>(
  turn: Turn<Plan, Round>,
  event: string,
  index: bigint,
): Seeding<Plan, Round> | null {
  const { running } = turn.state;
  if (running?.phase === 'seeding' && running.asked && running.window.index === index) return running;
  drop(turn, event, 'late');
  return null;
}

function onProcedureEvent<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  /** Null for events that belong to no window. */
  index: bigint | null,
  event: RuleEvent<Proposal>,
): void {
  const { running } = turn.state;
  if (running === null) drop(turn, event.kind, 'no-window');
  else if (index !== null && running.window.index !== index) drop(turn, event.kind, 'late');
  else if (running.phase === 'seeding') drop(turn, event.kind, 'no-plan-yet');
  else tellProcedure(rules, turn, running, event);
}

function onActionEnded<Plan, Round>(turn: Turn<Plan, Round>, index: bigint): void {
  if (cursorOf(turn).execution?.window === index) storeCursor(turn, { execution: null });
  else drop(turn, 'action-ended', 'late');
}
