import { CHECKS } from '../checks/registry.ts';
import { judge, prepareChecks } from '../checks/verdict.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Programme } from './programme.ts';
import type { LoadedModule } from './start.ts';

/** A target that should no longer be nominated, with the reason. */
export interface Dropped {
  readonly stashKey: string;
  readonly why: string;
}

export interface Revalidation {
  readonly keep: readonly string[];
  readonly dropped: readonly Dropped[];
}

/**
 * Judges targets again by every check on a later snapshot: just before signing, and before an announcement is
 * executed. A target that fails, or is missing from the snapshot, is dropped. A target with an unknown result
 * was valid when it was chosen, and stays. Throws a RangeError if the programme's checks cannot be used.
 */
export function revalidate(
  later: Snapshot,
  programme: Programme,
  targets: readonly string[],
  modules: readonly LoadedModule[] = [],
): Revalidation {
  const preparation = prepareChecks(programme.checks, [...CHECKS, ...modules.map(({ check }) => check)]);
  if (!preparation.ok) {
    const [problem] = preparation.problems;
    throw new RangeError(`the checks of the programme cannot be used: ${problem?.path}: ${problem?.message}`);
  }
  const dropped = targets.flatMap((stashKey): Dropped[] => {
    const record = later.candidates.find(({ candidate }) => candidate.stashKey === stashKey);
    if (record === undefined) return [{ stashKey, why: 'it is no longer in the candidate list' }];
    const { verdict, results } = judge(preparation.prepared, later, record);
    if (verdict !== 'invalid') return [];
    const failed = results
      .filter(({ outcome }) => outcome === 'fail')
      .map(({ id, message }) => `${id}: ${message}`);
    return [{ stashKey, why: failed.join('; ') }];
  });
  const gone = new Set(dropped.map(({ stashKey }) => stashKey));
  return { keep: targets.filter((key) => !gone.has(key)), dropped };
}
