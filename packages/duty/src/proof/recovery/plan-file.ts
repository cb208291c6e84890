import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, RecordError } from '../../rule/index.ts';
import { parseRecord, shapeRecord } from '../../service/ground/record-text.ts';
import type { RecoveryPlan } from './plan.ts';

/** The version of a plan file. */
const VERSION = 1;
/** A plan of thousands of keys is smaller. */
export const MAX_PLAN_BYTES = 16 * 1024 * 1024;

const unit = z.string().regex(/^(0|[1-9][0-9]{0,19})(\/(0|[1-9][0-9]{0,19})){0,3}$/);
const shape = z.strictObject({
  v: z.literal(VERSION),
  ledger: z.string(),
  service: z.string().nullable(),
  madeMs: z.int(),
  basis: z.string(),
  voided: z.array(z.string()),
  lost: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  keys: z.array(
    z.strictObject({
      chain: z.string(),
      key: z.string(),
      versionId: z.string().nullable(),
      document: z.string().nullable(),
      floors: z.array(
        z.strictObject({
          duty: z.string(),
          floor: unit.nullable(),
          reasons: z.array(z.strictObject({ from: z.string(), unit })),
          holds: z.string(),
        }),
      ),
    }),
  ),
});

/** The canonical text of a plan. */
export function encodePlan(plan: RecoveryPlan): string {
  return canonicalJson({ v: VERSION, ...plan });
}

/** 32 hex digits: the beginning of the SHA-256 of the text. */
export function planId(plan: RecoveryPlan): string {
  return createHash('sha256').update(encodePlan(plan)).digest('hex').slice(0, 32);
}

/** The text of a plan file: the plan and its id, so that a change is noticed. */
export function encodePlanFile(plan: RecoveryPlan): string {
  return `{"id":"${planId(plan)}","plan":${encodePlan(plan)}}\n`;
}

/** Reads a plan file. Throws a RecordError for anything but what {@link encodePlanFile} wrote. */
export function decodePlanFile(text: string): RecoveryPlan {
  const match = /^\{"id":"([0-9a-f]{32})","plan":(\{.*\})\}\n$/s.exec(text);
  const plan = decodePlan(match?.[2] ?? '');
  if (planId(plan) === match?.[1] && encodePlan(plan) === match[2]) return plan;
  throw new RecordError('the plan', 'it was changed after it was written');
}

/** Read a plan. Throws a RecordError that says what is wrong; the caller compares the id. */
export function decodePlan(text: string): RecoveryPlan {
  const what = 'the plan';
  if (text.length > MAX_PLAN_BYTES) throw new RecordError(what, 'it is too long');
  const { v: _version, ...plan } = shapeRecord(what, parseRecord(what, text), shape);
  return plan;
}
