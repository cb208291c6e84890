import { factsOf, type Run } from './facts.ts';
import type { DecisionParts } from './parts.ts';
import { decideKeys, type Verdict } from './verdict.ts';

const higher = (one: bigint | null, other: bigint | null): bigint | null =>
  one === null || (other !== null && other > one) ? other : one;

/** Decides for every key: the verdicts, once more after a mark became durable. */
export async function settle(parts: DecisionParts, run: Run): Promise<readonly Verdict[]> {
  const names = run.keys.map(({ name }) => name);
  const first = decideKeys(names, factsOf(parts, run), parts.rules);
  if (first.writeMark === null) return first.verdicts;
  if (!run.own) run.floor = higher(run.mark, run.began);
  await parts.failpoint('before-mark');
  parts.marks.write(first.writeMark);
  await parts.failpoint('after-mark');
  run.mark = first.writeMark;
  run.own = true;
  return decideKeys(names, factsOf(parts, run), parts.rules).verdicts;
}
