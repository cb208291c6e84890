import type { KeyName } from '../custody/key-name.ts';
import type { GuardRun, Run } from './facts.ts';
import { holdLease } from './lease.ts';
import type { GuardParts } from './parts.ts';
import { holdRole } from './role.ts';
import type { Verdict } from './verdict.ts';

/** Makes the folder of placed keys as decided. Throws as {@link place} does, before it places anything. */
export async function carryOut(
  parts: GuardParts,
  run: GuardRun,
  verdicts: readonly Verdict[],
): Promise<void> {
  // Taking away comes first: a key that may not stay placed waits for no other.
  for (const { name, state } of verdicts) if (state !== 'open') await withdraw(parts, run, name.file);
  for (const { name, state } of verdicts) if (state === 'open') await place(parts, run, name.file);
}

async function place(parts: GuardParts, run: GuardRun, file: string): Promise<void> {
  const key = run.keys.find(({ name }) => name.file === file);
  if (key === undefined || run.open.has(file)) return;
  run.node.refuseWrapper();
  holdLease(parts, run);
  holdRole(parts, run);
  await parts.folder.place(key);
  await parts.failpoint('after-place');
  run.open.add(file);
  parts.events.placed(key.name);
}

async function withdraw({ folder, failpoint }: GuardParts, run: GuardRun, file: string): Promise<void> {
  const key = run.keys.find(({ name }) => name.file === file);
  if (key === undefined || !run.open.has(file)) return;
  await failpoint('before-withdraw');
  await folder.withdraw(key.name);
  await failpoint('after-withdraw');
  takenAway(run, key.name);
}

/** An author's key that was removed starts over: it waits until the clock is above the mark. */
export function takenAway(run: Run, { file, danger }: KeyName): void {
  run.open.delete(file);
  if (danger === 'authors') run.own = false;
}
