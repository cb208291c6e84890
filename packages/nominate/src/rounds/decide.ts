import { shown } from '../candidates/finding.ts';
import type { Verdict } from '../checks/verdict.ts';
import type { CohortStanding } from './cohort.ts';
import type { Decision, DecisionCode, NominatorEntry, PassedOver } from './record.ts';

/** The facts about a candidate for filling the slices. */
export interface Case {
  readonly stashKey: string;
  readonly verdict: Verdict;
  readonly position: number | null;
  readonly tier: string | null;
  readonly cohort: CohortStanding | null;
  readonly passedOver: PassedOver | undefined;
  /** Position of the last candidate that was taken. */
  readonly lastTaken: number;
}

/** The decision about a candidate, by the first reason that applies. */
export function decide(one: Case, nominators: readonly NominatorEntry[]): Decision {
  const by = nominators.find(({ targets }) => targets.includes(one.stashKey));
  if (by !== undefined)
    return {
      code: 'nominated',
      detail: `by ${by.name}, as target ${by.targets.indexOf(one.stashKey) + 1}`,
      nominator: by.name,
    };
  const { verdict, cohort } = one;
  if (cohort !== null && !cohort.members.has(one.stashKey))
    return no('outside-cohort', 'it is not a member of the cohort');
  if (verdict.verdict === 'invalid') {
    const failed = verdict.results.filter(({ outcome }) => outcome === 'fail');
    return no('invalid', failed.map(({ id, message }) => `${id}: ${message}`).join('; '));
  }
  if (!verdict.eligible) {
    const open = verdict.results
      .filter(({ outcome }) => outcome === 'unknown')
      .map(({ id, message }) => `${id}: ${message}`);
    return no('undecided', `${open.join('; ')}; it was never valid before`);
  }
  if (cohort !== null) return afterCohort(one.stashKey, cohort);
  return afterSlices(one);
}

function afterCohort(stashKey: string, { breached }: CohortStanding): Decision {
  const other = breached.get(stashKey);
  if (other !== undefined) return no('group-breach', `${shown(other)} of the same operator does not pass`);
  return no('no-nominator', 'the nominator of its place does not nominate in this round');
}

function afterSlices({ position, tier, passedOver, lastTaken }: Case): Decision {
  if (passedOver?.why === 'cap') {
    const { kind, limit, of } = passedOver;
    return no(
      'capped',
      `${limit} with the same ${kind} were taken into the ${of} before its turn; its position is ${position}`,
    );
  }
  if (passedOver?.why === 'held') return no('held', `it is a target of ${passedOver.by} since before`);
  if (passedOver?.why === 'tier')
    return no('outside-tiers', `its tier is ${tier ?? 'none'}, and nobody who nominates backs that`);
  return no('below-the-cut', `its position is ${position}, the last that was taken has ${lastTaken}`);
}

function no(code: DecisionCode, detail: string): Decision {
  return { code, detail, nominator: null };
}
