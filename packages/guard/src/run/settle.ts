import { factsOf, type Run } from './facts.ts';
import type { DecisionParts } from './parts.ts';
import { decideKeys, type Verdict } from './verdict.ts';

/** Decides for every key: the verdicts, once more after a mark became durable. */
export function settle(parts: DecisionParts, run: Run): readonly Verdict[] {
  const names = run.keys.map(({ name }) => name);
  const first = decideKeys(names, factsOf(parts, run), parts.rules);
  if (first.writeMark === null) return first.verdicts;
  parts.marks.write(first.writeMark);
  run.mark = first.writeMark;
  run.own = true;
  return decideKeys(names, factsOf(parts, run), parts.rules).verdicts;
}
