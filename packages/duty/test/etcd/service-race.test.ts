import assert from 'node:assert/strict';
import test from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import {
  type ClaimingClient,
  claimAll,
  curlOriginal,
  tally,
  tallyOriginal,
} from '@watchbill/testkit/service/race';
import { nodesOfNewKey, startEtcdServices } from '../support/etcd-services.ts';
import { untilIdentityKnown } from '../support/identity-known.ts';
import { binariesOf } from './binaries.ts';

const UNITS = 1_000;
/** Of the original protocol, as far as the machine stands still for a moment. */
const MAX_OPEN = UNITS / 100;

for (const binary of binariesOf('v3.6')) {
  test(`etcd ${binary}, two services: two curls on the original protocol and two clients on /v1/claims, one winner a unit`, async (context) => {
    const cluster = await startEtcdCluster({ binary });
    context.after(() => cluster.close());
    const services = await startEtcdServices(context, { cluster, count: 2 });
    const [one, two] = [services.at(0), services.at(1)];
    const wireKey = keyOf(1);
    await setUpKey(one, { key: wireKey, nodes: ['a', 'b'], original: true });
    const [a, b] = [await nodeSecret(one, 'a', wireKey), await nodeSecret(one, 'b', wireKey)];
    await untilIdentityKnown(services.all, b);
    const nodes = await nodesOfNewKey(services.all, 2);
    const [first, second] = nodes as [ClaimingClient, ClaimingClient];
    const [curlA, curlB, firstWon, secondWon] = await Promise.all([
      curlOriginal(one.url, a, UNITS),
      curlOriginal(two.url, b, UNITS),
      claimAll(first, UNITS),
      claimAll(second, UNITS),
    ]);
    const { open, ...original } = tallyOriginal(curlA, curlB);
    assert.deepEqual(original, { none: 0, several: 0 });
    assert.ok(open <= MAX_OPEN, `${open} units were told unknown`);
    assert.deepEqual(tally(firstWon, secondWon), { none: 0, several: 0 });
    const entries = async (key: string): Promise<number> => {
      const marks = await two.admin('GET', `/v1/marks?chain=${CHAIN}&key=${key}`);
      return Number(/"seq":"(\d+)"/.exec(JSON.stringify(marks))?.[1]);
    };
    assert.equal(await entries(first.key), UNITS + 1, 'one entry a unit, and the adoption');
    const wire = await entries(wireKey);
    assert.ok(wire <= UNITS + 1 && wire >= UNITS + 1 - open, `${wire} entries: one a unit, and the adoption`);
  });
}
