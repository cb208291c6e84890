import type { Plan, Risk } from '../../file/plan/index.ts';
import { neededConsent } from '../../file/plan/index.ts';
import type { IdentifiedTarget } from './identity.ts';
import { changedTrait } from './machine-traits.ts';
import type { SavedPlan } from './saved-plan.ts';

/** Why a plan is not even begun. Codes are stable. */
export const APPLY_REFUSALS = {
  problems: 'the plan has problems that must be solved first',
  'signing-not-allowed': 'the plan starts, stops or changes signers, and that was not allowed',
  'data-loss-not-allowed': 'the plan can lose data, and that was not allowed',
  'other-place': 'a place is not the one that the plan was made for',
  unreachable: 'a place cannot be reached',
  forbidden: 'the credentials may not look at a place',
} as const;
export type ApplyRefusal = keyof typeof APPLY_REFUSALS;

export interface Refused {
  readonly reason: ApplyRefusal;
  readonly detail: string;
  /** Ids of the steps that it is about. */
  readonly steps: readonly string[];
}

/** Risks that a person accepts. */
export interface Allowed {
  readonly signing: boolean;
  readonly dataLoss: boolean;
}

/** Null if the plan by itself may be applied. */
export function refusalOf(plan: Plan, allowed: Allowed): Refused | null {
  if (plan.problems.length > 0) {
    const detail = plan.problems.map(({ resourceId, what }) => `${resourceId}: ${what}`).join('; ');
    return { reason: 'problems', detail, steps: [] };
  }
  const needed = neededConsent(plan);
  if (needed.includes('signing') && !allowed.signing)
    return refusedFor(plan, 'signing', 'signing-not-allowed');
  if (needed.includes('data-loss') && !allowed.dataLoss)
    return refusedFor(plan, 'data-loss', 'data-loss-not-allowed');
  return null;
}

/** Null if every place is the one that the plan was made for. */
export async function placesRefusal(
  { identities, traits }: Pick<SavedPlan, 'identities' | 'traits'>,
  targets: ReadonlyMap<string, IdentifiedTarget>,
  signal: AbortSignal,
): Promise<Refused | null> {
  for (const [place, wanted] of Object.entries(identities)) {
    const found = await targets.get(place)?.identity(signal);
    if (found === undefined)
      return { reason: 'other-place', detail: `${place} is not known here`, steps: [] };
    if (!found.ok) return { reason: found.reason, detail: `${place}: ${found.detail}`, steps: [] };
    if (found.identity !== wanted) {
      const detail = `${place} is ${found.identity} now; the plan was made for ${wanted}`;
      return { reason: 'other-place', detail, steps: [] };
    }
    const changed = changedTrait(traits?.[place], found.traits);
    if (changed !== null) {
      const detail = `${place} has ${changed} since the plan, so it is another machine or a copy`;
      return { reason: 'other-place', detail, steps: [] };
    }
  }
  return null;
}

function refusedFor(plan: Plan, risk: Risk, reason: ApplyRefusal): Refused {
  const steps = plan.steps.filter(
    (step) => step.risk === risk || step.fields.some((field) => field.risk === risk),
  );
  const whys = steps.map(({ id, why }) => `${id}: ${why}`);
  return { reason, detail: whys.join('; '), steps: steps.map(({ id }) => id) };
}
