import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TikvWentBack } from './options.ts';
import { bench, run, texts, transaction } from './testing/fake-bench.ts';

// A restore of the stores alone, TiKV's own restore of a backup, and FLASHBACK look the same to a client:
// older records, and timestamps that go on. The adapter cannot tell them from the writes of other
// clients. The counter of a service's session can.
test('records that went back under timestamps that go on are not noticed by the adapter', async (context) => {
  const steps: TikvWentBack[] = [];
  const { cluster, store } = await bench(context, { onWentBack: (detail) => steps.push(detail) });
  await run(store, transaction({ mark: '1' }));
  const putBack = cluster.memory.backUp();
  await run(store, transaction({ mark: '2', lost: 'x' }, { mark: '1' }));
  putBack();
  assert.deepEqual(await texts(store, ['mark', 'lost']), ['1', null]);
  assert.deepEqual(await run(store, transaction({ mark: '2' }, { mark: '1' })), { outcome: 'applied' });
  assert.deepEqual(steps, []);
});

test('timestamps that went back with the records are noticed, and the next transaction is refused', async (context) => {
  const steps: TikvWentBack[] = [];
  const { cluster, store } = await bench(context, { onWentBack: (detail) => steps.push(detail) });
  await run(store, transaction({ mark: '1' }));
  const putBack = cluster.memory.backUp();
  await run(store, transaction({ mark: '2' }, { mark: '1' }));
  putBack();
  const timestamp = { physical: BigInt(Date.now() - 60_000) };
  const answer = { header: { clusterId: cluster.clusterId }, count: 2, timestamp };
  cluster.fate = ({ method }) => (method === 'Tso' ? { answer } : 'pass');
  await assert.rejects(run(store, transaction({ mark: '2' }, { mark: '1' })), {
    name: 'StoreFault',
    code: 'damaged',
  });
  assert.equal(steps.length, 1);
  assert.equal(cluster.count('KvCommit'), 2);
});
