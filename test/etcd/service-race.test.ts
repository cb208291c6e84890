import assert from 'node:assert/strict';
import test from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { nodesOfNewKey, startEtcdServices } from '../support/etcd-services.ts';
import { untilIdentityKnown } from '../support/identity-known.ts';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '../support/ledger-setup.ts';
import { type ClaimingClient, claimAll, curlOriginal, tally } from '../support/race.ts';
import { binariesOf } from './binaries.ts';

const UNITS = 1_000;

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
    assert.deepEqual(tally(curlA, curlB), { none: 0, several: 0 });
    assert.deepEqual(tally(firstWon, secondWon), { none: 0, several: 0 });
    for (const key of [wireKey, first.key]) {
      const marks = await two.admin('GET', `/v1/marks?chain=${CHAIN}&key=${key}`);
      assert.match(
        JSON.stringify(marks),
        new RegExp(`"seq":"${UNITS + 1}"`),
        'one entry a unit, and the adoption',
      );
    }
  });
}
