import { CHECKS } from '../checks/registry.ts';
import { judgeAll, prepareChecks, type Verdict } from '../checks/verdict.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Programme } from './programme.ts';
import type { LoadedModule } from './start.ts';

/** A candidate with its verdict, from a snapshot or from the standings. */
export interface JudgedCandidate {
  readonly stashKey: string;
  readonly name: string;
  readonly handles: readonly string[];
  readonly verdict: Verdict['verdict'];
  /** Its failed checks; empty text for none. */
  readonly failed: string;
}

/** A target of a nomination on chain. `out`: it is known to break the rules. */
export interface BackedTarget {
  readonly stashKey: string;
  readonly name: string;
  readonly state: 'stands' | 'unknown' | 'out';
  readonly why: string;
}

/** The targets of a nomination as the rules see them now. An unknown fact puts no target out. */
export function backedTargets(
  { mode }: Programme,
  era: number | null,
  judged: ReadonlyMap<string, JudgedCandidate>,
  targets: readonly string[],
): readonly BackedTarget[] {
  const failed = [...judged.values()].filter(({ verdict }) => verdict === 'invalid');
  return targets.map((stashKey): BackedTarget => {
    const own = judged.get(stashKey);
    const told = { stashKey, name: own?.name ?? stashKey };
    const out = (why: string): BackedTarget => ({ ...told, state: 'out', why });
    if (mode.kind === 'cohort') {
      if (era !== null && era > mode.lastEra)
        return out(`the term of ${mode.name} ended with era ${mode.lastEra}`);
      if (!mode.members.includes(stashKey)) return out(`it is no member of ${mode.name}`);
    }
    if (own === undefined) return out('it is no longer in the candidate list');
    if (own.verdict === 'invalid') return out(own.failed);
    const other = failed.find(
      (one) =>
        mode.kind === 'cohort' &&
        mode.evaluate === 'operator' &&
        mode.members.includes(one.stashKey) &&
        one.handles.some((handle) => own.handles.includes(handle)),
    );
    if (other !== undefined) return out(`${other.name} of the same operator fails: ${other.failed}`);
    const isUnknown = own.verdict === 'undecided' || (mode.kind === 'cohort' && era === null);
    return { ...told, state: isUnknown ? 'unknown' : 'stands', why: '' };
  });
}

/** Throws a RangeError if the programme's checks cannot be used. */
export function judgedIn(
  snapshot: Snapshot,
  programme: Programme,
  modules: readonly LoadedModule[],
): ReadonlyMap<string, JudgedCandidate> {
  const made = prepareChecks(programme.checks, [...CHECKS, ...modules.map(({ check }) => check)]);
  if (!made.ok) {
    const [problem] = made.problems;
    throw new RangeError(`the checks of the programme cannot be used: ${problem?.path}: ${problem?.message}`);
  }
  const verdicts = judgeAll(made.prepared, snapshot);
  return new Map(
    snapshot.candidates.flatMap(({ candidate: { stashKey, name, handles } }, at) => {
      const verdict = verdicts[at];
      if (verdict === undefined) return [];
      const judged = {
        stashKey,
        name,
        handles,
        verdict: verdict.verdict,
        failed: failedText(verdict.results),
      };
      return [[stashKey, judged] as const];
    }),
  );
}

/** The failed checks of a candidate as one text. */
export function failedText(
  results: readonly { readonly id: string; readonly outcome: string; readonly message: string }[],
): string {
  const failed = results.filter(({ outcome }) => outcome === 'fail');
  return failed.map(({ id, message }) => `${id}: ${message}`).join('; ');
}
