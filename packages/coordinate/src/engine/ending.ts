import type { Cursor, Execution } from '../cursor.ts';
import { type FaultBook, NO_FAULTS } from '../faults.ts';
import { detailOf, type Outcome, type OutcomeReason } from '../outcome.ts';
import type { Decision, Rules } from '../rules.ts';
import type { Window } from '../window.ts';
import { cursorOf, storeCursor, type Turn } from './turn.ts';

/** A window that is over, with its result. */
export interface Ended {
  readonly window: Window;
  readonly leader: string | null;
  readonly faults: FaultBook;
}

/** How a window ended, and what to run because of it. */
export interface Ending {
  readonly outcome: Outcome;
  readonly execution: Execution | null;
}

/**
 * How a window with this decision ends here. One action runs at a time; another one waits for a later window.
 */
export function endingOf({ window, leader, faults }: Ended, decision: Decision, isBusy: boolean): Ending {
  const bare = { from: window.index, to: window.index, leader, faults, startBlock: null, expiryBlock: null };
  if (decision.result === 'failed') {
    const { result, reason, detail } = decision;
    return { outcome: { ...bare, result, reason, action: null, detail: detailOf(detail) }, execution: null };
  }
  const { action } = decision;
  const detail = detailOf(decision.detail ?? '');
  if (decision.result === 'noop') {
    return { outcome: { ...bare, result: 'noop', reason: null, action, detail }, execution: null };
  }
  if (isBusy) {
    const reason: OutcomeReason = 'action-running';
    return { outcome: { ...bare, result: 'skipped', reason, action, detail }, execution: null };
  }
  const startBlock = window.end;
  const expiryBlock = startBlock + decision.validityBlocks;
  return {
    outcome: { ...bare, result: 'execute', reason: null, action, startBlock, expiryBlock, detail },
    execution: { window: window.index, action, payload: decision.payload, startBlock, expiryBlock },
  };
}

/** The changes of the cursor for an execution that begins. Without one, a running execution stays. */
export function takenUp(execution: Execution | null): Partial<Cursor> {
  return execution === null ? {} : { execution, agreed: execution.window };
}

/** Reports an ending that is already stored. */
export function tellEnding<Plan, Round>(turn: Turn<Plan, Round>, { outcome, execution }: Ending): void {
  turn.effects.push({ kind: 'record-outcome', outcome });
  if (execution !== null) turn.effects.push({ kind: 'execute', execution });
}

/** Ends a window that has no plan, or that this node did not see. */
export function endWithout<Plan, Round>(
  turn: Turn<Plan, Round>,
  range: { readonly from: bigint; readonly to: bigint },
  result: 'failed' | 'skipped',
  reason: OutcomeReason,
  { faults = NO_FAULTS, detail = '' }: { readonly faults?: FaultBook; readonly detail?: string } = {},
): void {
  const unknown = { leader: null, action: null, startBlock: null, expiryBlock: null };
  const outcome: Outcome = { ...range, ...unknown, result, reason, faults, detail: detailOf(detail) };
  turn.state = { ...turn.state, running: null };
  storeCursor(turn, { window: range.to, stage: 'ended', sent: [], faults, outcome });
  tellEnding(turn, { outcome, execution: null });
}

/**
 * Ends a window that was decided before a restart but not reported. Returns whether there was such a
 * decision.
 */
export function endRecalled<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  window: Window,
): boolean {
  const { memory, faults } = cursorOf(turn);
  const decision = memory === null ? null : rules.recall(memory, window);
  if (decision === null) return false;
  const ending = endingOf({ window, leader: null, faults }, decision, isBusy(turn));
  const { outcome, execution } = ending;
  turn.state = { ...turn.state, running: null };
  storeCursor(turn, { stage: 'ended', sent: [], outcome, ...takenUp(execution) });
  tellEnding(turn, ending);
  return true;
}

export function isBusy<Plan, Round>(turn: Turn<Plan, Round>): boolean {
  return cursorOf(turn).execution !== null;
}
