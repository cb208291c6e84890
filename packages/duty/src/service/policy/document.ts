import type { z } from 'zod';
import { DUTIES, type Duty, type DutyPolicy, policyDocument } from '../../rule/index.ts';
import type { PolicyDocument } from '../contract.ts';
import { type PolicyProblem, validatePolicy } from './validate.ts';

export type PolicyParse =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/** Shape, defaults and rules in one step. No value is coerced; unknown fields are problems. */
export function parsePolicy(input: unknown, duties: readonly Duty[] = DUTIES): PolicyParse {
  const parsed = policyDocument.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => ({
      path: issue.path.map(String).join('.'),
      message: issue.message,
      remedy: 'Correct the field; `watchbill policy apply --help` shows a whole document.',
    }));
    return { ok: false, problems };
  }
  const document = withDutyDefaults(parsed.data, duties);
  const problems = validatePolicy(document, duties);
  return problems.length === 0 ? { ok: true, document } : { ok: false, problems };
}

function withDutyDefaults(data: z.output<typeof policyDocument>, duties: readonly Duty[]): PolicyDocument {
  const table = new Map(duties.map((duty) => [duty.name, duty]));
  const filled = Object.entries(data.duties).map(([name, duty]): [string, DutyPolicy] => {
    const known = table.get(name);
    return [
      name,
      {
        enabled: duty.enabled,
        digestRequired: duty.digestRequired ?? (known?.digestBytes ?? 0) > 0,
        window: duty.window ?? known?.window ?? 1,
        ...(duty.lastUnit === undefined ? {} : { lastUnit: duty.lastUnit }),
      },
    ];
  });
  return { ...data, duties: Object.fromEntries(filled) };
}
