import { z } from 'zod';
import { label, words } from '../snapshot/shapes.ts';

/** What the rules say about one check. */
export const checkRuleShape = z.strictObject({
  id: label,
  /**
   * What unknown means for a candidate that was never valid: `hold` lets it wait until the fact is known, `allow` lets
   * it through. One that was valid stays so in either case.
   */
  whenUnknown: z.enum(['hold', 'allow']).default('hold'),
  /** Parameters of the check; what is left out has its default. */
  parameters: z.record(label, z.unknown()).default({}),
});

/** A set of checks with their parameters: data with a version, so that a record can name what was in force. */
export const checkRulesShape = z.strictObject({
  version: label,
  about: words.default(''),
  checks: z.array(checkRuleShape),
});

export type CheckRule = Readonly<z.output<typeof checkRuleShape>>;
export type CheckRules = Readonly<z.output<typeof checkRulesShape>>;
