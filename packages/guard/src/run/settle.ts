import { factsOf, type Run } from './facts.ts';
import type { DecisionParts } from './parts.ts';
import { decideKeys, type Verdict } from './verdict.ts';

/** Decides for every key: the verdicts, once more after a mark became durable. */
export async function settle(parts: DecisionParts, run: Run): Promise<readonly Verdict[]> {
  const names = run.keys.map(({ name }) => name);
  const first = decideKeys(names, factsOf(parts, run), parts.rules);
  if (first.writeMark === null) return first.verdicts;
  await parts.failpoint('before-mark');
  parts.marks.write(first.writeMark);
  await parts.failpoint('after-mark');
  run.mark = first.writeMark;
  run.own = true;
  return decideKeys(names, factsOf(parts, run), parts.rules).verdicts;
}
