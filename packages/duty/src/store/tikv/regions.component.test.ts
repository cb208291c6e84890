import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ErrorSchema } from './gen/errorpb_pb.js';
import type { PrewriteRequest } from './gen/kvrpcpb_pb.js';
import {
  assertCount,
  bench,
  first,
  lockedKeys,
  PREFIX,
  run,
  texts,
  transaction,
} from './testing/fake-bench.ts';
import { type FakeRegion, regionMessage } from './testing/fake-region.ts';

const WHOLE: FakeRegion = { id: 10n, version: 1n, start: '', end: '', leader: 0 };
const errors: Readonly<Record<string, MessageInitShape<typeof ErrorSchema>>> = {
  'not leader, without a hint': { notLeader: { regionId: 10n } },
  'not leader, with a hint to a store that does not lead': {
    notLeader: { regionId: 10n, leader: { id: 102n, storeId: 2n } },
  },
  'not leader, with a hint to an unknown store': {
    notLeader: { regionId: 10n, leader: { id: 109n, storeId: 9n } },
  },
  'epoch not match, with the current regions': { epochNotMatch: { currentRegions: [regionMessage(WHOLE)] } },
  'epoch not match, without': { epochNotMatch: {} },
  'region not found': { regionNotFound: { regionId: 10n } },
  'key not in region': { keyNotInRegion: { regionId: 10n } },
  'store not match': { storeNotMatch: { requestStoreId: 1n, actualStoreId: 2n } },
  'server is busy': { serverIsBusy: { reason: 'raft', backoffMs: 5n } },
  'stale command': { staleCommand: {} },
  'max timestamp not synced': { maxTimestampNotSynced: {} },
  'read index not ready': { readIndexNotReady: {} },
  'proposal in merging mode': { proposalInMergingMode: { regionId: 10n } },
  'an unknown one': { message: 'something newer' },
};
/** After these the store may have taken a commit, so it is not sent again. */
const UNSURE = new Set(['region not found', 'stale command', 'read index not ready', 'an unknown one']);
const STEPS = ['KvPrewrite', 'KvCommit', 'KvBatchGet'];

/** The store forgets the region that it knows, and PD has not heard of it so many times. */
function unheard(cluster: Parameters<typeof first>[0], times: number): void {
  first(cluster, 'KvBatchGet', { regionError: { regionNotFound: { regionId: 10n } } });
  first(cluster, 'GetRegion', { answer: { header: { clusterId: cluster.clusterId } } }, times);
}

test('a region that PD has not heard of yet is asked for again', async (context) => {
  const { cluster, store } = await bench(context);
  await run(store, transaction({ a: 'x' }));
  const before = cluster.count('GetRegion');
  unheard(cluster, 3);
  assert.deepEqual(await texts(store, ['a']), ['x']);
  assert.equal(cluster.count('GetRegion') - before, 4);
});

test('a region that PD never hears of is a store that does not answer in time', async (context) => {
  const { cluster, store } = await bench(context);
  await run(store, transaction({ a: 'x' }));
  unheard(cluster, 1_000);
  const late = store.read([`${PREFIX}a`], { timeoutMs: 400 });
  await assert.rejects(late, { code: 'unavailable', message: /PD does not know yet/ });
});

describe('a region error', { concurrency: true }, () => {
  for (const [name, regionError] of Object.entries(errors)) {
    test(`(${name}) at any step, twice, ends well`, async (context) => {
      const { cluster, store } = await bench(context);
      for (const method of STEPS)
        first(cluster, method, { regionError: { message: name, ...regionError } }, 2);
      const one = transaction({ a: 'x' }, { a: null, other: null });
      const outcomes = [(await run(store, one)).outcome];
      // The first error is met by one call, the second by the next.
      while (outcomes.at(-1) === 'ambiguous' && outcomes.length < 5)
        outcomes.push((await run(store, one)).outcome);
      assert.deepEqual(
        outcomes,
        UNSURE.has(name) ? ['ambiguous', 'ambiguous', 'applied'] : ['applied'],
        String(outcomes),
      );
      first(cluster, 'KvScan', { regionError: { message: name, ...regionError } }, 2);
      assert.equal((await store.list('')).records.length, 1);
      assert.deepEqual(await texts(store, ['a']), ['x']);
      assert.deepEqual(lockedKeys(cluster), []);
    });
  }

  test('after which a lock may exist gives the start timestamp up', async (context) => {
    for (const [name, attempts] of [
      ['stale command', 2],
      ['region not found', 2],
      ['an unknown one', 2],
      ['server is busy', 1],
      ['not leader, without a hint', 1],
    ] as const) {
      const { cluster, store, lost } = await bench(context);
      first(cluster, 'KvPrewrite', { regionError: { message: name, ...errors[name] } });
      await run(store, transaction({ a: 'x' }));
      const sent = cluster.calls.filter(({ method }) => method === 'KvPrewrite');
      const starts = new Set(sent.map(({ request }) => (request as PrewriteRequest).startVersion));
      assertCount(starts.size, attempts, lost('KvPrewrite'), name);
    }
  });

  test('while locks are resolved or taken back ends well too', async (context) => {
    const { cluster, store } = await bench(context);
    const busy = { regionError: { message: 'busy', serverIsBusy: { reason: 'x' } } };
    first(cluster, 'KvPrewrite', 'lose-answer');
    for (const method of ['KvBatchRollback', 'KvCheckTxnStatus', 'KvResolveLock'])
      first(cluster, method, busy, 2);
    assert.deepEqual(await run(store, transaction({ a: 'x' }, { a: null })), { outcome: 'applied' });
    assert.deepEqual(lockedKeys(cluster), []);
  });

  test('that never ends is a fault before the commit, and no write is applied', async (context) => {
    const { cluster, store } = await bench(context);
    first(
      cluster,
      'KvPrewrite',
      { regionError: { message: 'busy', serverIsBusy: { reason: 'for ever' } } },
      9_999,
    );
    const call = run(store, transaction({ a: 'x' }), 1_500);
    await assert.rejects(call, { name: 'StoreFault', code: 'unavailable', message: /for ever/ });
    cluster.fate = () => 'pass';
    assert.deepEqual(await texts(store, ['a']), [null]);
  });
});

test('a region that does not hold the key that was asked for is damaged', async (context) => {
  const { cluster, store } = await bench(context);
  const [region] = [regionMessage({ ...WHOLE, end: '!' })];
  const answer = { header: { clusterId: 77n }, region, leader: region?.peers[0] };
  first(cluster, 'KvBatchGet', { regionError: { message: 'gone', regionNotFound: {} } });
  first(cluster, 'GetRegion', { answer }, 9_999);
  await assert.rejects(store.read(['x']), { name: 'StoreFault', code: 'damaged' });
});

describe('a full store', { concurrency: true }, () => {
  const full = { regionError: { message: 'full', diskFull: { storeId: [3n], reason: 'almost' } } };

  test('is reported as full at once, with the store, and no write is applied; reads go on', async (context) => {
    const { cluster, store } = await bench(context);
    first(cluster, 'KvPrewrite', full, 9_999);
    const call = run(store, transaction({ a: 'x' }));
    await assert.rejects(call, { name: 'StoreFault', code: 'full', message: /store 3/ });
    assert.deepEqual(await texts(store, ['a']), [null]);
    cluster.fate = () => 'pass';
    assert.deepEqual(await run(store, transaction({ a: 'x' }, { a: null })), { outcome: 'applied' });
  });

  test('that fills between the phases is reported as full too, and no write is applied', async (context) => {
    const { cluster, store } = await bench(context);
    first(cluster, 'KvCommit', full);
    await assert.rejects(run(store, transaction({ a: 'x' })), { name: 'StoreFault', code: 'full' });
    assert.deepEqual(await texts(store, ['a']), [null]);
    assert.deepEqual(await run(store, transaction({ a: 'x' }, { a: null })), { outcome: 'applied' });
  });
});

describe('keys in several regions', () => {
  const split: readonly FakeRegion[] = [
    // A region that is cut keeps its id for one of the parts.
    { id: 10n, version: 2n, start: '', end: `${PREFIX}h`, leader: 1 },
    { id: 12n, version: 2n, start: `${PREFIX}h`, end: `${PREFIX}p`, leader: 2 },
    { id: 13n, version: 2n, start: `${PREFIX}p`, end: '', leader: 0 },
  ];

  test('are written as one, read as one and listed in order', async (context) => {
    const { cluster, store } = await bench(context);
    cluster.regions = split;
    const writes = { a: '1', b: '2', k: '3', q: '4', z: '5' };
    assert.deepEqual(await run(store, transaction(writes, { a: null, q: null, x: null })), {
      outcome: 'applied',
    });
    assert.deepEqual(await texts(store, ['z', 'a', 'k']), ['5', '1', '3']);
    const { records } = await store.list('', { limit: 4 });
    assert.deepEqual(
      records.map(({ key }) => key),
      ['a', 'b', 'k', 'q'],
    );
    assert.equal((await store.list('')).records.length, 5);
    assert.deepEqual(lockedKeys(cluster), []);
  });

  test('that are cut between prewrite and commit are still committed', async (context) => {
    const { cluster, store } = await bench(context);
    cluster.fate = ({ method }) => {
      if (method === 'KvCommit') cluster.regions = split;
      return 'pass';
    };
    const writes = { a: '1', k: '3', z: '5' };
    assert.deepEqual(await run(store, transaction(writes, { a: null })), { outcome: 'applied' });
    assert.deepEqual(await texts(store, ['a', 'k', 'z']), ['1', '3', '5']);
  });

  test('of which one cannot be locked are all without effect', async (context) => {
    const { cluster, store } = await bench(context);
    cluster.regions = split;
    await run(store, transaction({ q: 'there' }));
    const result = await run(store, transaction({ a: '1', q: '2' }, { q: null }));
    assert.equal(result.outcome, 'conflict');
    assert.deepEqual(await texts(store, ['a', 'q']), [null, 'there']);
    assert.deepEqual(lockedKeys(cluster), []);
  });

  test('whose other commits are lost are still read as committed', async (context) => {
    const { cluster, store, another } = await bench(context);
    cluster.regions = split;
    cluster.fate = ({ method, at }) => (method === 'KvCommit' && at !== 1 ? 'lose-request' : 'pass');
    assert.deepEqual(await run(store, transaction({ a: '1', k: '3', z: '5' })), { outcome: 'applied' });
    assert.deepEqual(await texts(await another(), ['a', 'k', 'z']), ['1', '3', '5']);
  });
});

describe('a call whose time is short', () => {
  test('and that is lost does not cost the others their connection', async (context) => {
    const { cluster, store, lost } = await bench(context);
    const before = cluster.connections();
    first(cluster, 'KvBatchGet', 'lose-request');
    await assert.rejects(store.read(['a'], { timeoutMs: 300 }), { code: 'unavailable' });
    assert.deepEqual(await texts(store, ['a']), [null]);
    assert.ok(cluster.count('GetRegion') >= 2, 'PD was asked who leads now');
    // The first loss is the one of the test; any other is long enough to cost a connection.
    assert.ok(cluster.connections() - before <= 2 + 2 * (lost('KvBatchGet') - 1));
  });

  test('or is given up does not make the store ask another peer', async (context) => {
    const { cluster, store } = await bench(context);
    const abort = new AbortController();
    const asked = cluster.count('GetStore');
    cluster.fate = ({ method }) => {
      if (method !== 'KvBatchGet') return 'pass';
      setImmediate(() => abort.abort());
      return 'lose-request';
    };
    await assert.rejects(store.read(['a'], { signal: abort.signal }), { code: 'unavailable' });
    cluster.fate = () => 'pass';
    assert.deepEqual(await texts(store, ['a']), [null]);
    assert.equal(cluster.count('GetStore'), asked);
  });
});

test('a store that says nothing for long is reached by a new connection', async (context) => {
  const { cluster, store } = await bench(context);
  const before = cluster.connections();
  first(cluster, 'KvBatchGet', 'lose-request');
  assert.deepEqual(await texts(store, ['a']), [null]);
  assert.ok(cluster.connections() > before);
});
