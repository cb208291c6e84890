import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
  untilReady,
} from '@watchbill/testkit';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';

export { CHAIN };

/** With the skew of the test policies, any slot of the last ten minutes and the next ten may be claimed. */
export const SLOT_MS = 10_000;
export const KEY = keyOf(1);
/** Of the original wire protocol alone. */
export const WIRE_KEY = keyOf(2);
export const DIGEST = `0x${'ab'.repeat(32)}`;

/** A real service with two keys, and someone of every kind who asks it. */
export interface Ground {
  readonly service: ServiceProcess;
  /** Secrets of the node `a`, listed for both keys. */
  readonly node: string;
  readonly wire: string;
  /** Every secret made so far; none of them may be in the log. */
  readonly secrets: readonly string[];
  secret(role: string, name: string): Promise<string>;
  send(method: string, path: string, options?: Sending): Promise<Answer>;
  claim(changes?: Readonly<Record<string, unknown>>, secret?: string): Promise<Answer>;
  /** The original wire protocol, below the node's own base URL. */
  put(path: string, options?: Sending): Promise<Answer>;
  /** Everything that the ledger keeps, as one text. */
  kept(): Promise<string>;
  /** Reasons of the decisions that were recorded, newest first. */
  reasons(): Promise<readonly string[]>;
}

export interface Sending {
  readonly secret?: string | null;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface GroundSetup {
  readonly env?: Readonly<Record<string, string>>;
  readonly dir?: string;
  readonly storePath?: string;
  readonly genesisMs?: number;
  readonly standbyDelayMs?: number;
}

/** Of the watch: nodes that were heard of, and whether its holder was. */
const HEARD_OF = ['ready', 'live'];

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

export function claimBody(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
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

/** Ended with the test that made it; its log is searched for every secret before. */
export async function startGround(context: TestContext, setup: GroundSetup = {}): Promise<Ground> {
  const folder = setup.dir === undefined ? await temporaryFolder('bad') : null;
  const dir = setup.dir ?? folder?.dir ?? '';
  const service = await startServiceProcess({
    dir,
    port: await freePort(),
    store: { kind: 'sqlite', ...(setup.storePath !== undefined && { path: setup.storePath }) },
    sessionTtlMs: 30_000,
    operatorToken: OPERATOR,
    env: { WATCHBILL_LOG_LEVEL: 'debug', ...setup.env },
  });
  context.after(async () => {
    await service.kill();
    await folder?.remove();
  });
  await untilReady(service);
  const ages = {
    slotMs: SLOT_MS,
    genesisMs: setup.genesisMs ?? 0,
    standbyDelayMs: setup.standbyDelayMs ?? 0,
  };
  await setUpKey(service, { key: KEY, nodes: ['a', 'b'], ...ages });
  await setUpKey(service, { key: WIRE_KEY, nodes: ['a', 'b'], original: true, ...ages });
  return groundOf(service, await nodeSecret(service, 'a'), await nodeSecret(service, 'a', WIRE_KEY));
}

function groundOf(service: ServiceProcess, node: string, wire: string): Ground {
  const secrets = [OPERATOR, node, wire];
  const send = async (method: string, path: string, options: Sending = {}): Promise<Answer> => {
    const { secret = node, body, headers } = options;
    const response = await service.fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
        ...headers,
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']> }),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    service,
    node,
    wire,
    secrets,
    send,
    async secret(role, name) {
      const made = (await service.admin('POST', '/v1/tokens', { role, name })) as { secret: string };
      secrets.push(made.secret);
      return made.secret;
    },
    claim: (changes, secret = node) =>
      send('POST', '/v1/claims', {
        secret,
        body: JSON.stringify({ timeoutMs: CLAIM_TIMEOUT_MS, ...claimBody(changes) }),
      }),
    put: (path, options) => send('PUT', `/original/${wire}${path}`, { secret: null, ...options }),
    async kept() {
      const paths = ['/v1/marks', '/v1/policies', '/v1/tokens', '/v1/services', '/v1/watch'];
      const answers = await Promise.all(paths.map((path) => service.admin('GET', path)));
      // Who was heard of lately lapses by itself and comes back with any claim: it is known, not kept.
      return JSON.stringify(answers, (name, value) => (HEARD_OF.includes(name) ? undefined : value));
    },
    async reasons() {
      const page = await service.admin('GET', '/v1/decisions?limit=1000');
      return (page as { decisions: { reason: string }[] }).decisions.map(({ reason }) => reason);
    },
  };
}

/** An RFC 9457 document with this status and code, and something to do. */
export function assertProblem(answer: Answer, status: number, code: string, what = code): void {
  assert.equal(answer.status, status, `${what}: ${answer.text}`);
  assert.match(String(answer.headers.get('content-type')), /^application\/problem\+json/, what);
  const document = JSON.parse(answer.text) as Record<string, unknown>;
  assert.equal(document.code, code, `${what}: ${answer.text}`);
  assert.equal(document.status, status, what);
  assert.equal(document.type, `urn:watchbill:problem:${code}`, what);
  for (const member of ['title', 'detail', 'remedy'])
    assert.match(String(document[member] ?? ''), /\S/, `${what} has no ${member}`);
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
  options?: Sending,
): Promise<{ readonly unit: bigint; readonly answer: Answer }> {
  for (let unit = from; ; unit++) {
    const answer = await ground.put(`/authorize/slot/${unit}`, options);
    if (answer.status !== 503 || unit >= slotOfNow()) return { unit, answer };
  }
}

/** Exactly `false`, whatever happened. */
export function assertFalse(answer: Answer, status: number, what: string): void {
  assert.deepEqual({ status: answer.status, body: answer.text }, { status, body: 'false' }, what);
  assert.equal(answer.headers.get('content-length'), '5', what);
}

/**
 * Nothing of `run` is kept, and only decisions with these reasons are recorded; the service grants
 * afterwards.
 */
export async function leavesNothing(
  ground: Ground,
  reasons: readonly string[],
  run: () => Promise<void>,
): Promise<void> {
  const [kept, before] = [await ground.kept(), await ground.reasons()];
  await run();
  assert.equal(await ground.kept(), kept, 'something was kept');
  const after = await ground.reasons();
  assert.deepEqual(after.slice(0, after.length - before.length), reasons, 'decisions that were recorded');
  assertDecided(await ground.claim(), 200, 'granted', before.includes('new') ? 'repeat' : 'new');
  assert.equal((await ground.send('GET', '/readyz')).status, 200);
}

/** Every secret of the file was used by now, in right and wrong places. */
export async function assertLogKeepsSecrets(ground: Ground): Promise<void> {
  const log = await ground.service.log();
  assert.match(log, /"event":"listening"/);
  for (const secret of ground.secrets) assert.ok(!log.includes(secret), 'a secret stands in the log');
}
