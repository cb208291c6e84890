import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, parseRecord, RecordError, shapeRecord } from '../../rule/index.ts';
import { type RecoveryPlan, recoveryPlan } from './plan.ts';

/** The version of a plan file. */
const VERSION = 1;
/** A plan of thousands of keys is smaller. */
export const MAX_PLAN_BYTES = 16 * 1024 * 1024;

const shape = recoveryPlan.extend({ v: z.literal(VERSION) });

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
  const what = 'the plan';
  const [, id, body = ''] = /^\{"id":"([0-9a-f]{32})","plan":(\{.*\})\}\n$/s.exec(text) ?? [];
  if (body.length > MAX_PLAN_BYTES) throw new RecordError(what, 'it is too long');
  const { v: _version, ...plan } = shapeRecord(what, parseRecord(what, body), shape);
  if (planId(plan) === id && encodePlan(plan) === body) return plan;
  throw new RecordError(what, 'it was changed after it was written');
}
