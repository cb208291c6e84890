import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CommitRequest, Op, type PrewriteRequest } from './gen/kvrpcpb_pb.js';
import {
  assertCount,
  type Bench,
  bench,
  entry,
  first,
  inTikv,
  lockedKeys,
  run,
  texts,
  transaction,
} from './testing/fake-bench.ts';
import type { FakeFate } from './testing/fake-cluster.ts';
import { timestampOf } from './timestamp.ts';

/** It raises the counter of a session. Applied once more after a restore, it would hide the restore. */
const renewal = transaction({ session: 'two' }, { session: 'one' });
const LOSSES: readonly FakeFate[] = ['lose-request', 'lose-answer', 'break-before', 'break-after'];
/** More than any request takes that is still under way when the call has ended. */
const AFTERWARDS_MS = 300;

/** Start timestamps of the requests of a method, one for each request. */
function startsOf({ cluster }: Bench, method: 'KvPrewrite' | 'KvCommit'): readonly bigint[] {
  const asked = cluster.calls.filter((call) => call.method === method);
  return asked.map(({ request }) => (request as PrewriteRequest | CommitRequest).startVersion);
}

function assertSentOnce(on: Bench, method: 'KvPrewrite' | 'KvCommit'): void {
  const starts = startsOf(on, method);
  assert.equal(new Set(starts).size, starts.length, `${method} was sent twice for one transaction`);
}

/** The first commit ends like this, and before the next request the stores are put back to `moment`. */
function restoreAfterCommit(on: Bench, moment: 'before prewrite' | 'before commit', loss: FakeFate): void {
  const { cluster } = on;
  let putBack = cluster.memory.backUp();
  let isLost = false;
  cluster.fate = ({ method }) => {
    if (isLost) {
      isLost = false;
      putBack();
    }
    if (method !== 'KvCommit' || cluster.count('KvCommit') > 1) return 'pass';
    isLost = true;
    if (moment === 'before commit') putBack = cluster.memory.backUp();
    return loss;
  };
}

describe('a transaction whose commit got no answer, and stores that were restored meanwhile', {
  concurrency: true,
}, () => {
  for (const moment of ['before prewrite', 'before commit'] as const) {
    for (const loss of LOSSES) {
      test(`to the moment ${moment} (${String(loss)}): it is not applied again`, async (context) => {
        const on = await bench(context);
        await run(on.store, transaction({ session: 'one' }));
        // Only the commits of the renewal count.
        const before = on.cluster.count('KvCommit');
        on.cluster.calls.splice(0);
        assert.equal(before, 1);
        restoreAfterCommit(on, moment, loss);
        assert.equal((await run(on.store, renewal)).outcome, 'ambiguous');
        assert.equal(on.cluster.count('KvCommit'), 1);
        assertSentOnce(on, 'KvPrewrite');
        await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
        assert.equal(on.cluster.count('KvCommit'), 1, 'a commit was sent after the call');
        assert.deepEqual(await texts(on.store, ['session']), ['one']);
        assert.deepEqual(lockedKeys(on.cluster), []);
      });
    }
  }
});

describe('a transaction whose prewrite got no answer', { concurrency: true }, () => {
  for (const loss of LOSSES) {
    test(`(${String(loss)}), and stores that were restored meanwhile: it is decided anew, on what they hold`, async (context) => {
      const on = await bench(context);
      const { cluster } = on;
      const putBack = cluster.memory.backUp();
      await run(on.store, transaction({ session: 'one' }));
      cluster.calls.splice(0);
      let isLost = false;
      cluster.fate = ({ method, before }) => {
        if (isLost) putBack();
        isLost = method === 'KvPrewrite' && before === 0;
        return isLost ? loss : 'pass';
      };
      const result = await run(on.store, renewal);
      assert.deepEqual(result, { outcome: 'conflict', current: [null] });
      assert.equal(cluster.count('KvCommit'), 0);
      assertSentOnce(on, 'KvPrewrite');
    });
  }
});

test('a refused commit had no effect, so it is sent again: until a store takes it, and then no more', async (context) => {
  const on = await bench(context);
  const busy = { regionError: { message: 'busy', serverIsBusy: { reason: 'r', backoffMs: 1n } } };
  first(on.cluster, 'KvCommit', busy, 2);
  assert.deepEqual(await run(on.store, transaction({ session: 'one' })), { outcome: 'applied' });
  assertCount(on.cluster.count('KvCommit'), 3, on.lost('KvCommit'));
});

describe('locks beside a primary that is committed', () => {
  test('are committed by one sending, also where its answer is lost', async (context) => {
    const on = await bench(context);
    const { cluster } = on;
    cluster.regions = [
      { id: 10n, version: 2n, start: '', end: '/watchbill/m', leader: 0 },
      { id: 11n, version: 1n, start: '/watchbill/m', end: '', leader: 1 },
    ];
    cluster.fate = ({ method, at }) => (method === 'KvCommit' && at === 1 ? 'break-before' : 'pass');
    assert.deepEqual(await run(on.store, transaction({ a: '1', z: '1' })), { outcome: 'applied' });
    await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
    const commits = cluster.calls.filter(({ method, at }) => method === 'KvCommit' && at === 1);
    assert.equal(commits.length, 1);
    assert.deepEqual(await texts(on.store, ['a', 'z']), ['1', '1'], 'the next reader asks the primary');
  });

  test('stay uncommitted where the stores were restored to a moment when the primary was not', async (context) => {
    const on = await bench(context);
    const { cluster } = on;
    const startTs = timestampOf(BigInt(Date.now() - 10), 7n);
    const primary = inTikv('first');
    for (const name of ['first', 'second']) {
      const key = inTikv(name);
      cluster.memory.lock({ key, primary, startTs, ttlMs: 600n, op: Op.Put, value: entry('theirs') });
    }
    const putBack = cluster.memory.backUp();
    cluster.memory.commit({ keys: [primary], startVersion: startTs, commitVersion: startTs + 1n } as never);
    let isLost = false;
    cluster.fate = ({ method, before }) => {
      if (isLost) putBack();
      isLost = method === 'KvResolveLock' && before === 0;
      return isLost ? 'break-before' : 'pass';
    };
    assert.deepEqual(await texts(on.store, ['second']), [null]);
    assert.deepEqual(await texts(on.store, ['first', 'second']), [null, null]);
  });
});
