import { jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import type { SigningAnswer } from './port.ts';

const shape = z.union([
  z.strictObject({ id: z.string(), signature: z.string().max(256) }),
  z.strictObject({ id: z.string(), refused: z.string().max(1_000) }),
]);

/** Messages for a text that is not an answer, and for an answer to another request. */
export interface AnswerWords {
  readonly malformed: string;
  readonly other: string;
}

/**
 * `{ id, signature }` or `{ id, refused }`, to exactly this request. The signature itself is not checked
 * here.
 */
export function signingAnswer(text: string, id: string, { malformed, other }: AnswerWords): SigningAnswer {
  const read = shape.safeParse(jsonOrNull(text));
  if (!read.success) return { result: 'unavailable', why: malformed };
  if (read.data.id !== id) return { result: 'unavailable', why: other };
  if ('refused' in read.data) return { result: 'refused', why: read.data.refused };
  return { result: 'signature', signature: read.data.signature };
}
