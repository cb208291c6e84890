import type { Plan, Step } from './change.ts';
import { withSteps } from './plan.ts';

/**
 * The part of a plan that carries no risk: it creates or updates objects that start no signer, and no node
 * restarts, loses data or signs by it. `left` are the other steps, for a person. Of a plan that is refused
 * everything is left.
 */
export function safePart(plan: Plan): { readonly plan: Plan; readonly left: readonly Step[] } {
  const all = new Set(plan.steps.map(({ id }) => id));
  const kept = new Set<string>();
  // Steps are in an order that respects their needs.
  for (const step of plan.problems.length > 0 ? [] : plan.steps)
    if (isSafe(step) && step.needs.every((id) => !all.has(id) || kept.has(id))) kept.add(step.id);
  const steps = plan.steps.filter(({ id }) => kept.has(id));
  return { plan: withSteps(plan, steps), left: plan.steps.filter(({ id }) => !kept.has(id)) };
}

/** The removal of an object may affect the person who made it, so it is left to a person. */
function isSafe({ action, risk, fields, subject, resource }: Step): boolean {
  const signs = subject.keySet !== null || (resource?.subject.keySet ?? null) !== null;
  const isMade = action === 'create' || action === 'update';
  return isMade && !signs && [risk, ...fields.map((field) => field.risk)].every((one) => one === 'safe');
}
