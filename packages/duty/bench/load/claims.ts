import { postRequest } from './connection.ts';

/** Where the claims of one key go and who makes them. */
export interface Claimant {
  readonly chain: string;
  readonly key: string;
  readonly secret: string;
}

/** The claims of one key, each for a unit above the one before, as whole HTTP requests. */
export interface ClaimSeries {
  /** The next request. The same bytes are used again: call it when the reply to the last one has come. */
  next(): Uint8Array;
  /** Throws unless the reply grants the unit that was asked for last. */
  check(body: Buffer): void;
}

/** Milliseconds of a slot: short, so that a fast series stays below the slot that is next due. */
export const SLOT_MS = 1;
/** So every request of a series has one length: slots of a millisecond since 1970 have it until 2286. */
const UNIT_DIGITS = 13;
const GRANTED = Buffer.from('"outcome":"granted"');

/**
 * The units are slots since 1970. A service refuses slots that are long past or far ahead, so a series never
 * falls behind the clock, and runs ahead of it only as far as it claims faster than slots pass.
 */
export function claimSeries({ chain, key, secret }: Claimant, nowMs: () => number): ClaimSeries {
  const mask = '#'.repeat(UNIT_DIGITS);
  const body = JSON.stringify({
    claimId: `bench-${mask}`,
    chain,
    key,
    duty: 'babe',
    unit: mask,
    part: 'seal',
    digest: `0x${'5a'.repeat(32)}`,
    incarnation: '0123456789abcdef'.repeat(2),
    timeoutMs: 10_000,
  });
  const request = postRequest('/v1/claims', secret, body);
  const places = [request.indexOf(mask), request.lastIndexOf(mask)];
  let unit = 0;
  return {
    next() {
      unit = Math.max(unit + 1, Math.floor(nowMs() / SLOT_MS));
      for (const place of places) request.write(String(unit), place, 'latin1');
      return request;
    },
    check(reply) {
      const echoed = `"unit":"${unit}"`;
      if (reply.includes(GRANTED) && reply.includes(echoed)) return;
      throw new Error(`unit ${unit} of ${key} was not granted: ${reply.toString()}`);
    },
  };
}
