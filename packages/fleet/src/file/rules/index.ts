export { FLAGS } from './flags/catalogue.ts';
export { customFlagFinding } from './flags/check.ts';
export { askedBy } from './invariants/asked.ts';
