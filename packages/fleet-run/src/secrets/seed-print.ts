import { createHmac, randomBytes } from 'node:crypto';
import { DEVELOPMENT_PHRASE } from '@watchbill/chain/keys';

/** Each process draws a new key and never stores it, so a digest is useless to others, and later. */
const KEY = randomBytes(32);

/**
 * A text that is equal for equal seeds, within this process only; null without a seed. Spaces, line ends and
 * the case of hex digits do not matter. One seed in two notations, as a phrase and as digits, gives two
 * texts.
 */
export function seedPrint(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString('utf8').trim().replace(/\s+/g, ' ');
  if (text === '') return null;
  const whole = text.startsWith('/') ? `${DEVELOPMENT_PHRASE}${text}` : text;
  const seed = whole.replace(/^0x[0-9a-fA-F]+/, (digits) => digits.toLowerCase());
  return createHmac('sha256', KEY).update(seed).digest('hex');
}
