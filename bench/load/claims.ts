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

/**
 * Ten digits, so that every request of a series has one length; long past as slots since 1970, and for long
 * to come.
 */
const FIRST_UNIT = 1_000_000_000;
const UNIT_DIGITS = 10;
const GRANTED = Buffer.from('"outcome":"granted"');

export function claimSeries({ chain, key, secret }: Claimant): ClaimSeries {
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
  const request = Buffer.from(
    `POST /v1/claims HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secret}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const places = [request.indexOf(mask), request.lastIndexOf(mask)];
  let unit = FIRST_UNIT;
  return {
    next() {
      unit += 1;
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
