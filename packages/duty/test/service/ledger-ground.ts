import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { freePort, startServiceProcess, untilReady } from '@watchbill/testkit';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { postClaim } from '@watchbill/testkit/service/race';

/** With the skew of the test policies, any slot of the last ten minutes and the next ten may be claimed. */
const SLOT_MS = 10_000;
const KEY = keyOf(1);
const OPERATOR = 'operator-secret-of-a-ground-0123456789abcdef';
/**
 * A machine that stands still for a moment ends no claim: by itself the service gives a late slot half a
 * second.
 */
const CLAIM_TIMEOUT_MS = 20_000;

/** Of the moment in which the file began: a slot that begins while it runs makes no difference. */
export const FIRST_SLOT = Math.floor(Date.now() / SLOT_MS);

interface GroundSetup {
  readonly dir: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly storePath?: string;
}

export type Ground = Awaited<ReturnType<typeof startGround>>;

/** A real service with a key, and a node that claims; ended with the test that made it. */
export async function startGround(context: TestContext, { dir, env, storePath: path }: GroundSetup) {
  const service = await startServiceProcess({
    ...{ dir, port: await freePort(), sessionTtlMs: 30_000, operatorToken: OPERATOR },
    store: { kind: 'sqlite', ...(path !== undefined && { path }) },
    env: { WATCHBILL_LOG_LEVEL: 'debug', ...env },
  });
  context.after(() => service.kill());
  await untilReady(service);
  await setUpKey(service, { key: KEY, nodes: ['a', 'b'], slotMs: SLOT_MS, genesisMs: 0 });
  const secret = await nodeSecret(service, 'a');
  const claim = (unit: number, { key = KEY, payload = 'ab' } = {}) =>
    postClaim(service.url, secret, {
      ...{ claimId: `claim-${unit}`, chain: CHAIN, key, duty: 'babe', unit: `${unit}`, part: 'seal' },
      ...{ digest: `0x${payload.repeat(32)}`, incarnation: '0a'.repeat(16), timeoutMs: CLAIM_TIMEOUT_MS },
    });
  /** No secret of this service may be in its log. */
  const assertLogKeepsSecrets = async (): Promise<void> => {
    const log = await service.log();
    assert.match(log, /"event":"listening"/);
    for (const one of [OPERATOR, secret]) assert.ok(!log.includes(one), 'a secret stands in the log');
  };
  return { service, claim, assertLogKeepsSecrets };
}

export function assertDecided(
  { status, body }: Awaited<ReturnType<Ground['claim']>>,
  ...expected: readonly [status: number, outcome: string, reason: string]
): void {
  assert.deepEqual([status, body.outcome, body.reason], expected, JSON.stringify(body));
}
