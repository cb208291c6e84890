import assert from 'node:assert/strict';
import type { WindowRow } from '../nodes/operator.ts';
import type { Process, Told } from '../process.ts';
import { coverage } from './demo-group.ts';

/** The first outcome after a window in which the group agreed on something. */
export function agreedAfter(process: Process, window: bigint): Promise<Told> {
  return process.until(
    ({ event, result, from }) => event === 'outcome' && result === 'execute' && BigInt(String(from)) > window,
  );
}

/** Every window from the first to the last one has exactly one outcome. */
export function assertOnce(rows: readonly WindowRow[]): void {
  const counts = coverage(rows);
  const windows = [...counts.keys()].toSorted((a, b) => Number(a - b));
  for (const [window, count] of counts) assert.equal(count, 1, `window ${window}`);
  const [first = 0n] = windows;
  assert.deepEqual(
    windows,
    windows.map((_, place) => first + BigInt(place)),
    'no window is left out',
  );
}
