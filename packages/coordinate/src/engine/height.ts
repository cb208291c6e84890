import type { Cursor } from '../cursor.ts';
import { type FaultBook, NO_FAULTS } from '../faults.ts';
import type { Rules } from '../rules.ts';
import { crossing, handledAtFirst } from '../watcher.ts';
import { lastWindow, type Window, windowOf } from '../window.ts';
import { endRecalled, endWithout, tellEnding } from './ending.ts';
import { tellProcedure } from './procedure.ts';
import { repeatMessages, resumeSending } from './sending.ts';
import { cursorOf, drop, storeCursor, type Turn } from './turn.ts';

/** A height of the chain. One that is not above all before it is ignored. */
export function onHeight<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  height: bigint,
): void {
  const { head } = turn.state;
  if (head !== null && height <= head) {
    drop(turn, 'height', 'not-above');
    return;
  }
  turn.state = { ...turn.state, head: height };
  if (turn.state.cursor === null) {
    const memory = rules.unremembered?.(height) ?? null;
    storeCursor(turn, { window: handledAtFirst(rules, height), memory });
  } else if (head === null) resume(rules, turn, turn.state.cursor, height);
  repeatMessages(rules, turn, height);
  advance(rules, turn, height);
  const { open, passed } = crossing(rules.schedule, cursorOf(turn).window, height);
  if (passed !== null) endWithout(turn, passed, 'skipped', 'passed');
  if (open !== null) {
    const { memory } = cursorOf(turn);
    const carried = memory === null ? null : rules.carry(memory, open);
    storeCursor(turn, { window: open.index, stage: 'open', sent: [], memory: carried, faults: NO_FAULTS });
    seed(rules, turn, open, NO_FAULTS);
  }
}

/** The first height of this process: continue from the cursor. */
function resume<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  cursor: Cursor,
  height: bigint,
): void {
  noticeCursorAhead(rules, turn, cursor.window, height);
  const window = cursor.window < 1n ? null : windowOf(rules.schedule, cursor.window);
  const isActive = window !== null && height < window.activeEnd;
  const { faults, outcome, execution } = cursor;
  for (const { count, ...fault } of faults) {
    turn.effects.push({ kind: 'record-fault', window: cursor.window, fault });
  }
  if (outcome !== null) tellEnding(turn, { outcome, execution: null });
  if (execution !== null) turn.effects.push({ kind: 'execute', execution });
  if (isActive) resumeSending(turn, window, height);
  if (cursor.stage === 'ended' || window === null) return;
  if (isActive) seed(rules, turn, window, faults);
  else if (endRecalled(rules, turn, window)) return;
  else endWithout(turn, { from: window.index, to: window.index }, 'failed', 'interrupted', { faults });
}

/**
 * This member cannot repair that. Without the warning, it would skip windows silently until the chain catches
 * up.
 */
function noticeCursorAhead<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  index: bigint,
  height: bigint,
): void {
  const reached = lastWindow(rules.schedule, height)?.index ?? 0n;
  if (index <= reached) return;
  const text = `the cursor of ${rules.group} is at window ${index}, but the chain at height ${height} is only at window ${reached}; check whether the node follows another chain, or whether the chain was reset`;
  turn.effects.push({ kind: 'notice', window: index, code: 'cursor-ahead', text });
}

/** The effect of a further height on the open window. */
function advance<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  height: bigint,
): void {
  const { running } = turn.state;
  if (running === null) return;
  const { window } = running;
  const isOver = height >= window.activeEnd;
  if (running.phase === 'procedure') {
    const event = isOver ? ({ kind: 'active-end' } as const) : ({ kind: 'height', height } as const);
    tellProcedure(rules, turn, running, event);
    if (isOver && turn.state.running !== null) {
      throw new Error(`${rules.profile}: the rules did not decide at the end of window ${window.index}`);
    }
  } else if (isOver) {
    if (endRecalled(rules, turn, window)) return;
    const range = { from: window.index, to: window.index };
    const detail = running.why === '' ? 'there was no answer' : running.why;
    endWithout(turn, range, 'failed', 'no-seed', { faults: running.faults, detail });
  } else if (!running.asked) {
    seed(rules, turn, window, running.faults);
  }
}

/** Asks for the inputs from which everything about a window follows. */
function seed<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  turn: Turn<Plan, Round>,
  window: Window,
  faults: FaultBook,
): void {
  turn.state = { ...turn.state, running: { window, faults, phase: 'seeding', asked: true, why: '' } };
  turn.effects.push({ kind: 'read-inputs', window: window.index, asks: rules.inputs(window) });
}
