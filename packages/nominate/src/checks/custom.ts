import { messageOf } from '@watchbill/kit';
import { z } from 'zod';
import { label, words } from '../snapshot/shapes.ts';
import { type Check, type CheckInput, type CheckResult, notKnown } from './check.ts';
import { CHECKS } from './registry.ts';

export type CustomCheckRead =
  | { readonly ok: true; readonly check: Check }
  | { readonly ok: false; readonly why: string };

const moduleShape = z.object({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be words of small letters and digits, joined by hyphens'),
  about: words.min(1),
  run: z.custom<(input: CheckInput, parameters: unknown) => unknown>(
    (value) => typeof value === 'function',
    'must be a function',
  ),
});

const resultShape = z.strictObject({
  outcome: z.enum(['pass', 'fail', 'unknown']),
  message: words.min(1),
  remedy: words.nullable(),
  evidence: z
    .array(
      z.strictObject({
        fact: label,
        value: words,
        source: words,
        block: z.bigint().nullable(),
        ageMs: z.int().nullable(),
      }),
    )
    .max(32),
});

/**
 * A custom check of a programme: the export `check` of a module, with `id`, `about` and `run(input,
 * parameters)`. `run` must be pure, or rounds do not replay; a decoded snapshot is frozen, so it cannot
 * change the data of other checks. Exceptions and results of a wrong shape count as unknown.
 */
export function customCheck(exported: unknown): CustomCheckRead {
  const read = moduleShape.safeParse(exported);
  if (!read.success) {
    const problems = read.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'the export `check`'}: ${message}`,
    );
    return { ok: false, why: problems.join('; ') };
  }
  const { id, about, run } = read.data;
  if (CHECKS.some((check) => check.id === id))
    return { ok: false, why: `id: ${id} is a check that comes with the package` };
  const check: Check = {
    id,
    formerly: null,
    about,
    parameters: z.record(label, z.unknown()),
    prepare: (parameters) => ({
      ok: true,
      parameters,
      run: (input) => guarded(id, () => run(input, parameters)),
    }),
  };
  return { ok: true, check };
}

function guarded(id: string, run: () => unknown): CheckResult {
  try {
    const read = resultShape.safeParse(run());
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    return notKnown(`the module ${id} gave no proper result: ${issue?.path.join('.')}: ${issue?.message}`);
  } catch (error) {
    return notKnown(`the module ${id} failed: ${messageOf(error).slice(0, 200)}`);
  }
}
