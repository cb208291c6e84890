import assert from 'node:assert/strict';
import test from 'node:test';
import { startEtcdCluster } from '@watchbill/testkit';
import { claimAll, tally } from '@watchbill/testkit/service/race';
import { nodesOfNewKey, startEtcdServices } from '../support/etcd-services.ts';
import { binariesOf } from './binaries.ts';

const UNITS = 150;

for (const binary of binariesOf('debian')) {
  test(`etcd ${binary}, three services that know one member each: claims on one key through all, one winner a unit`, async (context) => {
    const cluster = await startEtcdCluster({ binary });
    context.after(() => cluster.close());
    const endpointsOf = (index: number) => cluster.endpoints.slice(index, index + 1);
    const services = await startEtcdServices(context, { cluster, count: 3, endpointsOf });
    const nodes = await nodesOfNewKey(services.all, 1, 3);
    assert.equal(new Set(nodes.map(({ urls }) => urls[0])).size, 3, 'each begins with another service');
    const won = await Promise.all(nodes.map((node) => claimAll(node, UNITS)));
    assert.deepEqual(tally(...won), { none: 0, several: 0 });
  });
}
