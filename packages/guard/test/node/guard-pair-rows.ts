// Rows of the table of faults for a pair of guarded machines (L2), and the commands of the page about it.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { conclude, type Expected } from './guard-faults.ts';
import { type CommandEnd, PATIENCE } from './guarded.ts';
import { commandsOf, NEW_PAIR, type Pair, pairStage, wordsOf } from './guarded-pair.ts';

export const PAGE = 'docs/guard/how-to/guard-pair.md';
const COMMANDS = commandsOf(PAGE);
const FIRST = 'watchbill guard take-over --to alpha --reason "a new pair"';
export const SHOW = 'watchbill guard pair';
export const DRILL = 'watchbill guard handover --to bravo';
export const HAND_OVER = 'watchbill guard handover --to bravo --execute --reason "kernel upgrade of alpha"';
export const CANCEL = 'watchbill guard handover --cancel';
export const TAKE_OVER = 'watchbill guard take-over --to bravo --reason "alpha has no power; checked by Ada"';

/** Runs a command of the page, with what a person types as flags. */
export function pageRun({ guard }: Pair, line: string, ...more: readonly string[]): Promise<CommandEnd> {
  assert.ok(COMMANDS.includes(line), `the page has no ${line}`);
  return guard(...wordsOf(line), ...more);
}

/** The page has these commands and no others, and {@link pairStage} runs the first one. */
export function assertAllRun(): void {
  assert.deepEqual(wordsOf(FIRST), NEW_PAIR);
  assert.deepEqual(COMMANDS, [FIRST, SHOW, DRILL, HAND_OVER, CANCEL, TAKE_OVER]);
}

export const signal = (how: NodeJS.Signals, ...pids: readonly number[]): void => {
  for (const pid of pids) process.kill(pid, how);
};

/** As a person does it after a look at the other machine. */
export async function takeOver({ guard }: Pair, to: string): Promise<void> {
  const { code, text } = await guard('take-over', '--to', to, '--reason', 'the other one is off', '--yes');
  assert.equal(code, 0, text);
}

/** Eve signs, and from then on a fault may come. */
export async function signing(context: TestContext, fence?: readonly string[]): Promise<Pair> {
  const pair = await pairStage(context, fence);
  await pair.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  return pair;
}

/** The validator signs again; compares the row with what was counted. */
export async function rowOf(
  context: TestContext,
  pair: Pair,
  fault: string,
  expected: Expected,
  faultMs: number,
): Promise<void> {
  await pair.observer.untilFirstSignature('Eve', faultMs, PATIENCE.timeoutMs);
  await conclude(context, pair, { fault, level: 'L2', expected }, faultMs);
}
