import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { freePort, type ServiceProcess, startServiceProcess, untilReady } from '@watchbill/testkit';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';

/** With the skew of the test policies, any slot of the last ten minutes and the next ten may be claimed. */
const SLOT_MS = 10_000;
const KEY = keyOf(1);
/** Of the original wire protocol alone. */
const WIRE_KEY = keyOf(2);
const DIGEST = `0x${'ab'.repeat(32)}`;

/** A real service with two keys, and someone of every kind who asks it. */
export interface Ground {
  readonly service: ServiceProcess;
  /** Every secret of this service; none of them may be in the log. */
  readonly secrets: readonly string[];
  send(method: string, path: string, options?: Sending): Promise<Answer>;
  claim(changes?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** The original wire protocol, below the node's own base URL. */
  put(path: string): Promise<Answer>;
  /** Reasons of the decisions that were recorded, newest first. */
  reasons(): Promise<readonly string[]>;
}

interface Sending {
  readonly secret?: string | null;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface GroundSetup {
  readonly dir: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly storePath?: string;
}

const OPERATOR = 'operator-secret-of-bad-input-0123456789abcdef';
const TIMEOUT_MS = 60_000;
/**
 * A machine that stands still for a moment ends no claim: by itself the service gives a late slot half a
 * second.
 */
const CLAIM_TIMEOUT_MS = 20_000;

/** Of the moment in which the file began: a slot that begins while it runs makes no difference. */
const FIRST_SLOT = BigInt(Math.floor(Date.now() / SLOT_MS));

export function slotOfNow(): bigint {
  return FIRST_SLOT;
}

function claimBody(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    claimId: 'claim-1',
    chain: CHAIN,
    key: KEY,
    duty: 'babe',
    unit: String(slotOfNow()),
    part: 'seal',
    digest: DIGEST,
    incarnation: '0a'.repeat(16),
    ...changes,
  };
}

/** Ended with the test that made it. */
export async function startGround(context: TestContext, setup: GroundSetup): Promise<Ground> {
  const service = await startServiceProcess({
    dir: setup.dir,
    port: await freePort(),
    store: { kind: 'sqlite', ...(setup.storePath !== undefined && { path: setup.storePath }) },
    sessionTtlMs: 30_000,
    operatorToken: OPERATOR,
    env: { WATCHBILL_LOG_LEVEL: 'debug', ...setup.env },
  });
  context.after(() => service.kill());
  await untilReady(service);
  const ages = { slotMs: SLOT_MS, genesisMs: 0, standbyDelayMs: 0 };
  await setUpKey(service, { key: KEY, nodes: ['a', 'b'], ...ages });
  await setUpKey(service, { key: WIRE_KEY, nodes: ['a', 'b'], original: true, ...ages });
  return groundOf(service, await nodeSecret(service, 'a'), await nodeSecret(service, 'a', WIRE_KEY));
}

function groundOf(service: ServiceProcess, node: string, wire: string): Ground {
  const secrets = [OPERATOR, node, wire];
  const send = async (method: string, path: string, options: Sending = {}): Promise<Answer> => {
    const { secret = node, body } = options;
    const response = await service.fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    service,
    secrets,
    send,
    claim: (changes) =>
      send('POST', '/v1/claims', {
        body: JSON.stringify({ timeoutMs: CLAIM_TIMEOUT_MS, ...claimBody(changes) }),
      }),
    put: (path) => send('PUT', `/original/${wire}${path}`, { secret: null }),
    async reasons() {
      const page = await service.admin('GET', '/v1/decisions?limit=1000');
      return (page as { decisions: { reason: string }[] }).decisions.map(({ reason }) => reason);
    },
  };
}

export function assertDecided(answer: Answer, status: number, outcome: string, reason: string): void {
  assert.equal(answer.status, status, answer.text);
  const { outcome: had, reason: why } = JSON.parse(answer.text) as { outcome: string; reason: string };
  assert.deepEqual([had, why], [outcome, reason], answer.text);
}

/**
 * Asks for slots by the original wire protocol until one answer is certain, as its clients do: a question has
 * 2.5 s, which a machine that stands still may take, and a slot is asked for once.
 */
export async function putSlot(
  ground: Ground,
  from: bigint,
): Promise<{ readonly unit: bigint; readonly answer: Answer }> {
  for (let unit = from; ; unit++) {
    const answer = await ground.put(`/authorize/slot/${unit}`);
    if (answer.status !== 503 || unit >= slotOfNow()) return { unit, answer };
  }
}

/** Exactly `false`, whatever happened. */
export function assertFalse(answer: Answer, status: number, what: string): void {
  assert.deepEqual({ status: answer.status, body: answer.text }, { status, body: 'false' }, what);
  assert.equal(answer.headers.get('content-length'), '5', what);
}

export async function assertLogKeepsSecrets(ground: Ground): Promise<void> {
  const log = await ground.service.log();
  assert.match(log, /"event":"listening"/);
  for (const secret of ground.secrets) assert.ok(!log.includes(secret), 'a secret stands in the log');
}
