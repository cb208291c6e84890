import { jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import type { KeySigningRequest } from './request.ts';

export type SigningAnswer =
  /** 64 bytes as hex. */
  | { readonly result: 'signature'; readonly signature: string }
  /** A person has the request: the command ends, and continues when it is run with the answer. */
  | { readonly result: 'waiting'; readonly why: string }
  | { readonly result: 'refused'; readonly why: string }
  | { readonly result: 'unavailable'; readonly why: string };

/** A signer of requests. The secret never leaves it. */
export interface KeySigner {
  readonly sign: (request: KeySigningRequest, signal: AbortSignal) => Promise<SigningAnswer>;
}

const answerShape = z.union([
  z.strictObject({ id: z.string(), signature: z.string().regex(/^0x[0-9a-f]{128}$/) }),
  z.strictObject({ id: z.string(), refused: z.string().max(1_000) }),
]);

/** `{ id, signature }` or `{ id, refused }`, to this request and no other. `from` names it in messages. */
export function signingAnswer(text: string, id: string, from: string): SigningAnswer {
  const read = answerShape.safeParse(jsonOrNull(text));
  if (!read.success)
    return { result: 'unavailable', why: `${from} is not of the form {"id": …, "signature": "0x…"}` };
  if (read.data.id !== id) return { result: 'unavailable', why: `${from} does not answer request ${id}` };
  if ('refused' in read.data) return { result: 'refused', why: read.data.refused };
  return { result: 'signature', signature: read.data.signature };
}
