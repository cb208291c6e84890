import type { Verdict } from '../checks/verdict.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { mostTargets } from './count.ts';
import type { Cohort, Programme } from './programme.ts';
import type { NominatorEntry } from './record.ts';
import type { DueNominator } from './slices.ts';

/** The members of a cohort that can be nominated in this round. */
export interface CohortStanding {
  readonly members: ReadonlySet<string>;
  /** Members that are out because another node of their operator failed, with that node's name. */
  readonly breached: ReadonlyMap<string, string>;
}

/**
 * Evaluates a cohort: with `operator`, a node that is not eligible excludes the other nodes of its operator.
 */
export function standingOf(
  { candidates }: Snapshot,
  cohort: Cohort,
  verdicts: ReadonlyMap<string, Verdict>,
): CohortStanding {
  const members = new Set(cohort.members);
  const breached = new Map<string, string>();
  if (cohort.evaluate === 'node') return { members, breached };
  const own = candidates.filter(({ candidate }) => members.has(candidate.stashKey));
  const failed = own.filter(({ candidate }) => verdicts.get(candidate.stashKey)?.eligible !== true);
  for (const { candidate } of own) {
    const other = failed.find((one) =>
      one.candidate.handles.some((handle) => candidate.handles.includes(handle)),
    );
    if (other !== undefined && other.candidate.stashKey !== candidate.stashKey)
      breached.set(candidate.stashKey, other.candidate.name);
  }
  return { members, breached };
}

/**
 * The slices of a cohort: nominator `n` has the n-th run of members for the whole term, without the excluded
 * ones. An excluded member leaves its place empty, so that no other member changes its nominator.
 */
export function cohortSlices(
  snapshot: Snapshot,
  programme: Programme,
  cohort: Cohort,
  stands: (stashKey: string) => boolean,
  nominators: readonly DueNominator[],
): readonly NominatorEntry[] {
  const size = Math.min(cohort.membersPerNominator, mostTargets(snapshot, programme));
  return nominators.map(({ name, stashKey, due }, at): NominatorEntry => {
    if (due.state !== 'due')
      return { name, stashKey, state: due.state, detail: due.detail, count: null, targets: [] };
    const own = cohort.members.slice(at * size, (at + 1) * size);
    const targets = own.filter(stands);
    const detail = `${targets.length} of ${own.length} members of ${cohort.name} stand`;
    const count = { rule: 'cohort', most: size, detail: `eras ${cohort.firstEra} to ${cohort.lastEra}` };
    return {
      name,
      stashKey,
      state: targets.length === 0 ? 'nobody-left' : 'nominates',
      detail,
      count,
      targets,
    };
  });
}
