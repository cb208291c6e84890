import type { Plan, Risk } from './change.ts';

/** Risks that a person must accept before a plan is applied. */
export const CONSENT_RISKS = ['data-loss', 'signing'] as const satisfies readonly Risk[];

/** Those of them that a plan has, in any step or field. */
export function neededConsent({ steps }: Pick<Plan, 'steps'>): readonly (typeof CONSENT_RISKS)[number][] {
  return CONSENT_RISKS.filter((risk) =>
    steps.some((step) => step.risk === risk || step.fields.some((field) => field.risk === risk)),
  );
}
