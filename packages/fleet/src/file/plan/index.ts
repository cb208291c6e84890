export type { FieldChange, Plan, Risk, Step } from './change.ts';
export { twoSigners } from './check.ts';
export { neededConsent } from './needed-consent.ts';
export { planChanges } from './plan.ts';
export { isWorkload } from './risk.ts';
export { safePart } from './safe-part.ts';
