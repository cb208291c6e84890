import { z } from 'zod';
import { label, words } from '../snapshot/shapes.ts';

/** The settings of one check in the rules. */
export const checkRuleShape = z.strictObject({
  id: label,
  /**
   * The effect of an unknown result on a candidate that was never valid: `hold` lets it wait until the fact
   * is known, `allow` lets it through. A candidate that was valid stays valid in both cases.
   */
  whenUnknown: z.enum(['hold', 'allow']).default('hold'),
  /** Parameters of the check; absent ones have their defaults. */
  parameters: z.record(label, z.unknown()).default({}),
});

/**
 * A set of checks with their parameters: data with a version, so that a record can name the rules in force.
 */
export const checkRulesShape = z.strictObject({
  version: label,
  about: words.default(''),
  checks: z.array(checkRuleShape),
});

export type CheckRule = Readonly<z.output<typeof checkRuleShape>>;
export type CheckRules = Readonly<z.output<typeof checkRulesShape>>;
