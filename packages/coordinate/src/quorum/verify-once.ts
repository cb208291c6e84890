import { createHash } from 'node:crypto';
import type { VerifySignature } from '../keys/port.ts';

/**
 * Remembers the most recent valid signatures, because the same votes come alone, in rank-changes, in
 * justifications and in certificates. Invalid ones are not remembered, so they cannot push out valid ones.
 * The results are those of `verify`.
 */
export function verifyOnce(verify: VerifySignature, capacity: number): VerifySignature {
  const good = new Set<string>();
  return (identity, message, signature) => {
    const key = createHash('sha256')
      .update(`${identity.scheme}/${identity.publicKey.length}/${signature.length}/`)
      .update(identity.publicKey)
      .update(signature)
      .update(message)
      .digest('base64');
    if (good.has(key)) return true;
    if (!verify(identity, message, signature)) return false;
    const [oldest] = good;
    if (good.size >= capacity && oldest !== undefined) good.delete(oldest);
    good.add(key);
    return true;
  };
}
