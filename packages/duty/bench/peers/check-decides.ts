import type { PeerClaim } from './claim-server.ts';

const TIMEOUT_MS = 10_000;

/**
 * Throws unless a peer grants a unit to the first digest, again to the same one, and denies another. A peer
 * that decides less than that is not worth a comparison.
 */
export async function checkDecides(name: string, port: number): Promise<void> {
  const [first, second] = [`0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`];
  const outcomes: string[] = [];
  for (const digest of [first, first, second]) outcomes.push(await outcomeOf(port, digest));
  if (outcomes.join() === 'granted,granted,denied') return;
  throw new Error(
    `the service ${name} does not decide: for a unit, its repeat and a second digest it answered ` +
      `${outcomes.join(', ')}; expected granted, granted, denied`,
  );
}

async function outcomeOf(port: number, digest: string): Promise<string> {
  const claim: PeerClaim = {
    claimId: 'check',
    chain: `0x${'00'.repeat(32)}`,
    key: `0x${'00'.repeat(32)}`,
    duty: 'babe',
    unit: '1',
    part: 'seal',
    digest,
    incarnation: '0'.repeat(32),
  };
  const response = await fetch(`http://127.0.0.1:${port}/v1/claims`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(claim),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { outcome: string }).outcome;
}
