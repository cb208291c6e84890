import { digestOf, jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import type { SigningRequest, SigningScheme } from './port.ts';

const hex = z.string().regex(/^0x([0-9a-f]{2})*$/);
const shape = z.object({
  check: z.object({ scheme: z.enum(['sr25519', 'ed25519']) }),
  request: z.looseObject({
    id: z.string(),
    account: hex,
    genesis: hex,
    call: hex,
    payload: hex,
    message: hex,
  }),
});

export interface OfflineRequest {
  readonly scheme: SigningScheme;
  readonly request: SigningRequest;
}

/** The content of a `<id>.request.json`; null if it is none, or if its request does not match its id. */
export function readOfflineRequest(text: string): OfflineRequest | null {
  const read = shape.safeParse(jsonOrNull(text));
  if (!read.success) return null;
  const { id, ...rest } = read.data.request;
  if (digestOf(rest) !== id) return null;
  return { scheme: read.data.check.scheme, request: read.data.request as unknown as SigningRequest };
}
