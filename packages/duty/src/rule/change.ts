import { z } from 'zod';
import { hash } from './record.ts';

/**
 * A change that a person, or an observer, made to the settings of a ledger: a version of the policy of a key,
 * or a token. The changes of a key are chained by `prev`, as the entries of a mark are, and so are those of
 * the tokens. The id of a version is the SHA-256 of its text, so each entry of a mark names the whole chain
 * under which it was written.
 */
export const changeShape = z
  .strictObject({
    v: z.literal(1),
    by: z.string().describe('The person, or the observer whose report froze the key.'),
    atMs: z.int().describe('Unix milliseconds by the clock of the service.'),
    prev: hash.describe('Hash of the change before it, or 64 zeros.'),
    version: z.int().min(1).describe('Counts the changes of one key, or those of the tokens, from 1.'),
    policy: z
      .looseObject({ chain: z.string(), key: z.string() })
      .nullable()
      .describe('The whole policy from then on, with its mode and freeze; null for a token.'),
    token: z
      .strictObject({
        role: z.string(),
        name: z.string(),
        original: z.strictObject({ chain: z.string(), key: z.string() }).nullable(),
        made: z.int().min(1).describe('The change that made the token.'),
        revoked: z.boolean(),
      })
      .nullable(),
  })
  .refine(({ policy, token }) => (policy === null) !== (token === null), 'it is of a policy or of a token');
export type Change = Omit<z.infer<typeof changeShape>, 'v'>;

/** A change with its hash. `newest`: the store names it as the last one of its chain. */
export const changeLink = z.strictObject({ change: changeShape, hash, newest: z.boolean() });
export type ChangeLink = z.infer<typeof changeLink>;

/** The name of the chain of a change: `chain/key`, or `tokens`. */
export function chainOfChange({ policy }: Pick<Change, 'policy'>): string {
  return policy === null ? 'tokens' : `${policy.chain}/${policy.key}`;
}
