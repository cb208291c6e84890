// Rows of the table of faults for a pair of guarded machines (L2).

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { conclude, type Expected } from './guard-faults.ts';
import { PATIENCE } from './guarded.ts';
import { type Pair, pairStage } from './guarded-pair.ts';

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

/** Whether a process with this id exists. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
