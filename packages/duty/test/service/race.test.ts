import assert from 'node:assert/strict';
import test from 'node:test';
import { freePort, startServiceProcess, temporaryFolder, untilReady } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { claimAll, curlOriginal, tally, tallyOriginal } from '@watchbill/testkit/service/race';

leaveNothing('race');

const UNITS = 1_000;
/** Of the original protocol, as far as the machine stands still for a moment. */
const MAX_OPEN = UNITS / 100;
/** A disk that is slow for a moment ends no claim. */
const CLAIM_TIMEOUT_MS = 10_000;

test('embedded store: two curls on the original protocol and two clients on /v1/claims, one winner a unit', async (context) => {
  const folder = await temporaryFolder('race');
  const service = await startServiceProcess({
    dir: folder.dir,
    port: await freePort(),
    store: { kind: 'sqlite' },
    sessionTtlMs: 30_000,
  });
  context.after(async () => {
    await service.kill();
    await folder.remove();
  });
  await untilReady(service);
  const [wireKey, claimKey] = [keyOf(1), keyOf(2)];
  await setUpKey(service, { key: wireKey, nodes: ['a', 'b'], original: true });
  await setUpKey(service, { key: claimKey, nodes: ['a', 'b'] });
  const [a, b] = [await nodeSecret(service, 'a', wireKey), await nodeSecret(service, 'b', wireKey)];
  const claimant = async (name: string, payload: string) => ({
    urls: [service.url],
    secret: await nodeSecret(service, name),
    key: claimKey,
    incarnation: payload.repeat(16),
    payload,
    timeoutMs: CLAIM_TIMEOUT_MS,
  });
  const [curlA, curlB, first, second] = await Promise.all([
    curlOriginal(service.url, a, UNITS),
    curlOriginal(service.url, b, UNITS),
    claimAll(await claimant('a', '0a'), UNITS),
    claimAll(await claimant('b', '0b'), UNITS),
  ]);
  const { open, ...original } = tallyOriginal(curlA, curlB);
  assert.deepEqual(original, { none: 0, several: 0 });
  assert.ok(open <= MAX_OPEN, `${open} units were told unknown`);
  assert.deepEqual(tally(first, second), { none: 0, several: 0 });
  const marks = (await service.admin('GET', `/v1/marks?chain=${CHAIN}&key=${claimKey}`)) as Record<
    string,
    unknown
  >;
  assert.match(
    JSON.stringify(marks),
    new RegExp(`"seq":"${UNITS + 1}"`),
    'one entry a unit, and the adoption',
  );
});
