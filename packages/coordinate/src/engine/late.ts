import { NO_FAULTS } from '../faults.ts';
import type { Incoming, Late, Rules } from '../rules.ts';
import { endingOf, isBusy, takenUp, tellEnding } from './ending.ts';
import { cursorOf, drop, storeCursor, type Turn } from './turn.ts';

/**
 * A message about a window that is over: this node carries out an agreement that it missed, as long as its
 * lease runs, and records faults. Returns whether the message was about such a window.
 */
export function onLateMessage<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  message: Incoming,
): boolean {
  const { head, running } = turn.state;
  if (head === null) return false;
  const { window, agreed, execution, memory } = cursorOf(turn);
  const open = running?.window.index ?? null;
  const procedure = running?.phase === 'procedure' ? running : null;
  const at = { height: head, window, open, procedure, agreed, execution, memory };
  const late = rules.late?.(message, at) ?? null;
  if (late === null) return false;
  if (procedure !== null && late.round !== null) {
    turn.state = { ...turn.state, running: { ...procedure, round: late.round } };
  }
  if (late.decision !== null) catchUp(turn, late, late.decision);
  for (const fault of late.faults) {
    turn.effects.push({ kind: 'record-fault', window: late.window.index, fault });
  }
  if (late.dropped !== null) drop(turn, 'message', late.dropped);
  return true;
}

function catchUp<Plan, Round>(
  turn: Turn<Plan, Round>,
  { window, memory }: Late<Round>,
  decision: NonNullable<Late<Round>['decision']>,
): void {
  const ended = endingOf({ window, leader: null, faults: NO_FAULTS }, decision, isBusy(turn));
  const { execution } = ended;
  const outcome = execution === null ? ended.outcome : { ...ended.outcome, reason: 'missed' as const };
  storeCursor(turn, { outcome, ...(memory === null ? {} : { memory }), ...takenUp(execution) });
  tellEnding(turn, { outcome, execution });
}
