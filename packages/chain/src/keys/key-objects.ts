import { createPublicKey, type KeyObject } from 'node:crypto';

/**
 * Public keys that Node keeps ready. A group is far smaller. A key that was pushed out is made again when it
 * is needed.
 */
const MAX_KEYS = 256;

const ready = new Map<string, KeyObject>();

/**
 * The key in the form that Node verifies with: a DER prefix of the scheme before the raw bytes. Null if the
 * bytes are not a point of the curve.
 */
export function publicKeyObject(derPrefix: string, publicKey: Uint8Array): KeyObject | null {
  const der = derPrefix + Buffer.from(publicKey).toString('hex');
  const key = ready.get(der) ?? parsed(der);
  if (key === null) return null;
  // The last used key is at the end, so the first is the one to push out.
  ready.delete(der);
  ready.set(der, key);
  const [oldest] = ready.keys();
  if (ready.size > MAX_KEYS && oldest !== undefined) ready.delete(oldest);
  return key;
}

/** How many keys are held ready; never more than 256. */
export function readyKeyCount(): number {
  return ready.size;
}

function parsed(der: string): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(der, 'hex'), format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}
