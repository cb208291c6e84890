// Who asks through a front: keys that come and go, and shares.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GATEWAY_ERRORS } from '@watchbill/fleet/gateway';
import { waitFor } from '@watchbill/testkit';
import { KEY } from './gateway-front-corpus.ts';
import {
  answersItself,
  askedByGateway,
  errorOf,
  exchange,
  gatewayFolder,
  gatewayOf,
  type Line,
  metric,
  type Places,
  post,
  SIMPLE,
  untilItself,
  WAIT,
  writeKeys,
} from './gateway-front-ground.ts';

const ALL = { methods: ['*'], requestsPerSecond: 100_000, burst: 100_000 };
const PORT_0 = { port: 0 };

/** Keys come, change, end and go, and the front heeds it. */
export async function assertKeys({ url, adminUrl }: Places, keysFile: string): Promise<void> {
  const other = 'wbk_another';
  const ask = (key: string, method = 'system_chain') =>
    exchange(
      url,
      post(SIMPLE.replace('chain_getBlockHash', method).replace('[0]', '[]'), [`X-Api-Key: ${key}`]),
    );
  const untilStatus = (what: string, key: string, status: number) =>
    waitFor(what, async () => (await ask(key)).status === status, WAIT);
  const own = { name: 'test', tier: 'all', key: KEY };
  assert.equal((await ask(other)).status, 401);
  writeKeys(keysFile, [own, { name: 'other', tier: 'all', key: other }]);
  await untilStatus('a new key is taken', other, 200);
  await untilItself({ url, adminUrl }, other);
  writeKeys(keysFile, [own, { name: 'other', tier: 'few', key: other }]);
  await waitFor(
    'the key has another tier',
    async () => errorOf(await ask(other)) === GATEWAY_ERRORS.refused,
    WAIT,
  );
  assert.equal((await ask(other, 'chain_getFinalizedHead')).status, 200);
  writeKeys(keysFile, [own]);
  await untilStatus('the key is taken away', other, 401);
  await untilTakenBeforeItsEnd({ url, adminUrl }, other, (expiresAt) =>
    writeKeys(keysFile, [own, { name: 'other', tier: 'all', key: other, expiresAt }]),
  );
  writeFileSync(keysFile, 'nonsense');
  await untilStatus('the key ends while its file cannot be read', other, 401);
  assert.equal((await ask(KEY)).status, 200, 'those before stand');
}

/** The first end may be too soon on a machine that has much else to do: then the key is given a later one. */
async function untilTakenBeforeItsEnd(
  places: Places,
  key: string,
  give: (expiresAt: string) => void,
): Promise<void> {
  for (const lifeMs of [8_000, 16_000, 32_000, 64_000]) {
    const endMs = Date.now() + lifeMs;
    give(new Date(endMs).toISOString());
    while (Date.now() < endMs) {
      if ((await answersItself(places, key)) && Date.now() < endMs) return;
      await sleep(WAIT.everyMs);
    }
  }
  assert.fail('a key with an end is taken by the front before it ends');
}

/** Shares are kept by the front for each key and each address, and by the gateway for what it reads itself. */
export async function assertQuotas(context: TestContext, line: Line): Promise<void> {
  const keysFile = join(gatewayFolder(), 'keys.json');
  const names = ['many', 'a', 'b'];
  writeKeys(
    keysFile,
    names.map((name) => ({ name, tier: name === 'many' ? 'all' : 'small', key: `wbk_${name}` })),
  );
  const { url, adminUrl } = await gatewayOf(
    context,
    {
      listen: PORT_0,
      front: {},
      backends: [{ name: 'node', url: line.wsUrl }],
      pool: { checkIntervalMs: 5_000, timeoutMs: 20_000 },
      tiers: {
        all: ALL,
        small: { ...ALL, requestsPerSecond: 1, burst: 3 },
        public: { ...ALL, requestsPerSecond: 0.01, burst: 2 },
      },
      anonymous: 'public',
      trustedProxies: ['127.0.0.9', 'no-address'],
      keysFile,
    },
    'wbk_many',
  );
  const ask = (headers: readonly string[], from?: string) => exchange(url, post(SIMPLE, headers), from);
  const key = (name: string) => [`Authorization: Bearer wbk_${name}`];
  const before = await askedByGateway(adminUrl);
  const several = await Promise.all(Array.from({ length: 30 }, () => ask(key('a'))));
  const over = several.filter(({ status }) => status === 429);
  assert.ok(over.length > 0, 'a burst, and no more');
  for (const answer of over) {
    assert.equal(errorOf(answer), GATEWAY_ERRORS.limited);
    assert.match(answer.headers, /retry-after: 1/i);
  }
  assert.equal((await ask(key('b'))).status, 200, 'another caller has its own share');
  await waitFor('the share fills again', async () => (await ask(key('a'))).status === 200, WAIT);
  await waitFor(
    'it is counted',
    async () => (await metric(adminUrl, /requests_total\{tier="small",outcome="limited"\}/)) >= over.length,
    WAIT,
  );
  const statuses = async (count: number, headers: (at: number) => readonly string[], from: string) => {
    const found: number[] = [];
    for (let at = 0; at < count; at += 1) found.push((await ask(headers(at), from)).status);
    return found;
  };
  const forwarded = (address: string) => [`X-Forwarded-For: ${address}`];
  assert.deepEqual(await statuses(3, () => [], '127.0.0.5'), [200, 200, 429]);
  assert.deepEqual(await statuses(1, () => [], '127.0.0.6'), [200], 'another address');
  assert.deepEqual(
    await statuses(3, (at) => forwarded(`1.1.1.${at}`), '127.0.0.7'),
    [200, 200, 429],
    'spoofed',
  );
  assert.deepEqual(
    await statuses(3, (at) => forwarded(`2.2.2.${at}`), '127.0.0.9'),
    [200, 200, 200],
    'by a proxy',
  );
  assert.deepEqual(
    await statuses(3, (at) => forwarded(`3.3.3.${at}, 4.4.4.4`), '127.0.0.9'),
    [200, 200, 429],
  );
  assert.deepEqual(await statuses(2, () => [], '127.0.0.9'), [200, 200], 'the proxy itself');
  assert.equal(await askedByGateway(adminUrl), before, 'all of it is counted by the front');
  // What the front does not judge is counted by the gateway, with the address that the front has seen.
  const batch = (from: string) => exchange(url, post(`[${SIMPLE}]`, forwarded('9.9.9.9')), from);
  assert.deepEqual(
    [
      await batch('127.0.0.5'),
      await batch('127.0.0.5'),
      await batch('127.0.0.5'),
      await batch('127.0.0.8'),
    ].map(({ status }) => status),
    [200, 200, 429, 200],
  );
}
