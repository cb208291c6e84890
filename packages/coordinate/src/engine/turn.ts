import type { Cursor } from '../cursor.ts';
import { NO_FAULTS } from '../faults.ts';
import type { Effect } from './effects.ts';
import type { EngineState } from './state.ts';

/**
 * One step under way. It is changed in place and never leaves the step; states and effects themselves are
 * not.
 */
export interface Turn<Plan, Round> {
  state: EngineState<Plan, Round>;
  readonly effects: Effect<Plan>[];
}

const FIRST_CURSOR: Cursor = {
  window: 0n,
  stage: 'ended',
  sent: [],
  memory: null,
  faults: NO_FAULTS,
  outcome: null,
  agreed: 0n,
  execution: null,
};

/** The stored cursor, or the one that would be stored. */
export function cursorOf<Plan, Round>(turn: Turn<Plan, Round>): Cursor {
  return turn.state.cursor ?? FIRST_CURSOR;
}

/** Changes the cursor, which is stored before all later effects. */
export function storeCursor<Plan, Round>(turn: Turn<Plan, Round>, changes: Partial<Cursor>): void {
  const cursor = { ...cursorOf(turn), ...changes };
  turn.state = { ...turn.state, cursor };
  turn.effects.push({ kind: 'store-cursor', cursor });
}

/** An event without an effect. */
export function drop<Plan, Round>(turn: Turn<Plan, Round>, event: string, why: string): void {
  turn.effects.push({ kind: 'dropped', event, why });
}
