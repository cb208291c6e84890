import { z } from 'zod';
import { canonicalText } from '../snapshot/codec.ts';
import type { Check } from './check.ts';

/** A check as the documentation shows it. */
export interface CheckReference {
  readonly id: string;
  readonly formerly: string | null;
  readonly about: string;
  /** Parameters with their defaults, as JSON. */
  readonly defaults: string;
  /** JSON Schema of the parameters. */
  readonly schema: unknown;
}

/** The reference of some checks, for generated pages and for `--help`. */
export function checkReference(checks: readonly Check[]): readonly CheckReference[] {
  return checks.map(({ id, formerly, about, parameters, prepare }) => {
    const prepared = prepare({});
    const defaults = prepared.ok ? canonicalText(prepared.parameters) : null;
    const schema: unknown = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });
    return { id, formerly, about, defaults: defaults?.ok ? defaults.text : '{}', schema };
  });
}
