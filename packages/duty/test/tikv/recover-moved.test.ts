import { test } from 'node:test';
import { stamp, TIKV } from '@watchbill/testkit/pages/stamp';
import { startTikvCluster } from '@watchbill/testkit/tikv';
import { MOVED_PAGE, moveAll, ONE_SERVICE, startMove } from '../support/disasters/moved.ts';

const BOXES = ['box1', 'box2'];

/** Both ledgers are on one cluster; a prefix separates them as a cluster does. */
test(`the commands of ${MOVED_PAGE} move a ledger to another place on TiKV`, {
  timeout: 480_000,
}, async (context) => {
  const cluster = await startTikvCluster();
  context.after(() => cluster.close());
  const { endpoints } = cluster;
  const addresses = endpoints.map((endpoint) => endpoint.replace(/^https?:\/\//, ''));
  const why = 'TiKV in place of etcd';
  const move = await startMove(
    { boxes: BOXES, store: { kind: 'tikv', endpoints, prefix: '/watchbill/' }, skewMs: 500 },
    {
      table: [
        ['etcd://10.0.1.1:2379/watchbill', `tikv://${addresses.join(',')}/moved`, why],
        [
          'kind: etcd, endpoints: ["10.0.1.1:2379"], prefix: /watchbill/',
          `kind: tikv, endpoints: ${JSON.stringify(addresses)}, prefix: /moved/`,
          why,
        ],
      ],
      leftOut: [ONE_SERVICE],
      outputs: 'any',
    },
  );
  await moveAll(move, BOXES);
  stamp(MOVED_PAGE, TIKV);
});
