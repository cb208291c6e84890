import { compareRounds } from '../restart/round.ts';
import { factsOf, type Run } from './facts.ts';
import type { Marks } from './memory.ts';
import type { DecisionParts } from './parts.ts';
import { type Decision, decideKeys, type Verdict } from './verdict.ts';

/** Decides for every key: the verdicts, once more after a slot mark became durable. */
export async function settle(parts: DecisionParts, run: Run): Promise<readonly Verdict[]> {
  const names = run.keys.map(({ name }) => name);
  const first = decideKeys(names, factsOf(parts, run), parts.rules);
  const marks = marksAfter(first, run);
  if (marks === run.marks) return first.verdicts;
  await parts.failpoint('before-mark');
  parts.marks.write(marks);
  await parts.failpoint('after-mark');
  run.marks = marks;
  if (first.writeMark === null) return first.verdicts;
  run.own = true;
  return decideKeys(names, factsOf(parts, run), parts.rules).verdicts;
}

/** The marks that have to be durable before the keys are as decided; those of now if they say it already. */
function marksAfter({ verdicts, writeMark }: Decision, { marks, ownRound }: Run): Marks {
  const votes = verdicts.some(({ name, state }) => name.danger === 'votes' && state === 'open');
  const isHigher = ownRound !== null && (marks.round === null || compareRounds(ownRound, marks.round) > 0);
  const round = votes && isHigher ? ownRound : marks.round;
  if (writeMark === null && round === marks.round) return marks;
  return { slot: writeMark ?? marks.slot, round };
}
