import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreFault } from '../port.ts';
import type { CommitRequest, PrewriteRequest } from './gen/kvrpcpb_pb.js';
import {
  assertCount,
  type Bench,
  bench,
  bytes,
  entry,
  first,
  inTikv,
  lockedKeys,
  run,
  texts,
  transaction,
} from './testing/fake-bench.ts';
import type { FakeFate } from './testing/fake-cluster.ts';

const one = transaction({ a: 'new' }, { a: null });
const LOSSES: readonly FakeFate[] = ['lose-request', 'lose-answer', 'break-before', 'break-after'];
const ENDLESS = 1_000;
/** Of a call that is to come as far as its commit and no further: more than a machine stands still for. */
const LONG_MS = 2_500;

function requests<T>({ cluster }: Bench, method: string): readonly T[] {
  return cluster.calls.filter((call) => call.method === method).map(({ request }) => request as T);
}

/** Every way to ask or to tell what became of a transaction. */
function nobodyTells(on: Bench): void {
  for (const method of ['KvCheckTxnStatus', 'KvBatchRollback', 'KvResolveLock']) {
    first(on.cluster, method, 'lose-request', ENDLESS);
  }
}

describe('a prewrite without an answer', { concurrency: true }, () => {
  for (const loss of LOSSES) {
    test(`(${String(loss)}) is never sent again: a new start timestamp, and applied once`, async (context) => {
      const on = await bench(context);
      first(on.cluster, 'KvPrewrite', loss);
      assert.deepEqual(await run(on.store, one), { outcome: 'applied' });
      const starts = requests<PrewriteRequest>(on, 'KvPrewrite').map(({ startVersion }) => startVersion);
      assert.equal(new Set(starts).size, starts.length);
      assertCount(starts.length, 2, on.lost('KvPrewrite') - 1);
      assert.deepEqual(await texts(on.store, ['a']), ['new']);
      assert.deepEqual(lockedKeys(on.cluster), []);
    });
  }

  test('for ever is a fault, because no commit was sent; no write is applied', async (context) => {
    const on = await bench(context);
    first(on.cluster, 'KvPrewrite', 'lose-answer', ENDLESS);
    const fault = await run(on.store, one, 900).catch((error: unknown) => error);
    assert.ok(fault instanceof StoreFault && fault.code === 'unavailable', String(fault));
    assert.equal(on.cluster.count('KvCommit'), 0);
    on.cluster.fate = () => 'pass';
    assert.deepEqual(await texts(on.store, ['a']), [null]);
  });
});

describe('a commit without an answer', { concurrency: true }, () => {
  for (const loss of ['lose-answer', 'break-after'] as const) {
    test(`(${loss}) is not sent again: the store says that it was applied`, async (context) => {
      const on = await bench(context);
      first(on.cluster, 'KvCommit', loss);
      assert.deepEqual(await run(on.store, one), { outcome: 'applied' });
      const starts = requests<CommitRequest>(on, 'KvCommit').map(({ startVersion }) => startVersion);
      assert.equal(new Set(starts).size, starts.length, 'a commit was sent twice');
      assert.deepEqual(await texts(on.store, ['a']), ['new']);
    });
  }

  for (const loss of ['lose-request', 'break-before'] as const) {
    test(`(${loss}) is not sent again: rolled back, and ambiguous`, async (context) => {
      const on = await bench(context);
      first(on.cluster, 'KvCommit', loss);
      assert.equal((await run(on.store, one)).outcome, 'ambiguous');
      assert.equal(on.cluster.count('KvCommit'), 1);
      assert.deepEqual(lockedKeys(on.cluster), []);
      assert.deepEqual(await texts(on.store, ['a']), [null]);
    });
  }

  for (const [loss, left] of [
    ['lose-answer', 'new'],
    ['lose-request', null],
  ] as const) {
    test(`(${loss}) until the deadline is ambiguous, never a fault and never applied`, async (context) => {
      const on = await bench(context);
      first(on.cluster, 'KvCommit', loss, ENDLESS);
      nobodyTells(on);
      const result = await run(on.store, one, LONG_MS);
      assert.equal(result.outcome, 'ambiguous');
      assert.ok(result.outcome === 'ambiguous' && result.cause instanceof StoreFault);
      on.cluster.fate = () => 'pass';
      assert.deepEqual(await texts(on.store, ['a']), [left]);
    });
  }

  test('and closed meanwhile is ambiguous', async (context) => {
    const on = await bench(context);
    on.cluster.fate = ({ method }) => {
      if (method !== 'KvCommit') return 'pass';
      setImmediate(() => void on.store.close());
      return 'lose-answer';
    };
    assert.equal((await run(on.store, one)).outcome, 'ambiguous');
  });

  test('that never left is a fault: the caller gave up before', async (context) => {
    const on = await bench(context);
    const abort = new AbortController();
    on.cluster.fate = ({ method }) => {
      if (method === 'KvPrewrite') abort.abort();
      return 'pass';
    };
    const call = on.store.transact([one], { signal: abort.signal });
    await assert.rejects(call, { name: 'StoreFault', code: 'unavailable' });
    assert.deepEqual(await texts(await on.another(), ['a']), [null]);
  });
});

describe('a commit for which the store finds no lock', { concurrency: true }, () => {
  test('is settled by the status: rolled back by somebody else, so it begins anew', async (context) => {
    const on = await bench(context);
    on.cluster.fate = ({ method, before, request }) => {
      const { startVersion } = request as CommitRequest;
      if (method === 'KvCommit' && before === 0) {
        on.cluster.memory.rollback({ keys: [inTikv('a')], startVersion } as never);
      }
      return 'pass';
    };
    assert.deepEqual(await run(on.store, one), { outcome: 'applied' });
    assertCount(on.cluster.count('KvCheckTxnStatus'), 1, on.lost('KvCheckTxnStatus'));
    assertCount(on.cluster.count('KvPrewrite'), 2, on.lost('KvPrewrite'));
    assert.deepEqual(await texts(on.store, ['a']), ['new']);
  });

  test('is a conflict where somebody else was quicker meanwhile, never applied', async (context) => {
    const on = await bench(context);
    on.cluster.fate = ({ method, before, request }) => {
      const { startVersion, commitVersion } = request as CommitRequest;
      if (method === 'KvCommit' && before === 0) {
        on.cluster.memory.rollback({ keys: [inTikv('a')], startVersion } as never);
        on.cluster.memory.write(inTikv('a'), entry('theirs'), commitVersion + 1n);
      }
      return 'pass';
    };
    assert.equal((await run(on.store, one)).outcome, 'conflict');
    assert.deepEqual(await texts(on.store, ['a']), ['theirs']);
  });

  test('is applied where the status says that it was committed', async (context) => {
    const on = await bench(context);
    on.cluster.fate = ({ method, before, request }) => {
      if (method !== 'KvCommit' || before > 0) return 'pass';
      on.cluster.memory.commit(request as CommitRequest);
      return { answer: { error: { retryable: 'lock not found' } } };
    };
    assert.deepEqual(await run(on.store, one), { outcome: 'applied' });
    assertCount(on.cluster.count('KvPrewrite'), 1, on.lost('KvPrewrite'));
  });

  test('is ambiguous where the status cannot be had', async (context) => {
    const on = await bench(context);
    first(on.cluster, 'KvCommit', { answer: { error: { abort: 'strange' } } }, ENDLESS);
    nobodyTells(on);
    assert.equal((await run(on.store, one, LONG_MS)).outcome, 'ambiguous');
  });
});

for (const [name, answer] of [
  ['committed at a time that this client never sent', { commitVersion: 5n }],
  ['alive after all', { lockTtl: 100n }],
  ['an error', { error: { abort: 'strange' } }],
] as const) {
  test(`a status that cannot be (${name}) is ambiguous, neither applied nor a conflict`, async (context) => {
    const on = await bench(context);
    first(on.cluster, 'KvCommit', { answer: { error: { retryable: 'lock not found' } } }, ENDLESS);
    first(on.cluster, 'KvCheckTxnStatus', { answer }, ENDLESS);
    const result = await run(on.store, one);
    assert.equal(result.outcome, 'ambiguous');
    assert.ok(result.outcome === 'ambiguous' && result.cause.code === 'damaged');
  });
}

test('what the caller does to its bytes while the call goes on changes nothing', async (context) => {
  const on = await bench(context);
  const value = bytes('kept');
  const call = on.store.transact([{ compares: [], writes: [{ key: 'a', value }] }]);
  value.fill(0);
  assert.deepEqual(await call, [{ outcome: 'applied' }]);
  assert.deepEqual(await texts(on.store, ['a']), ['kept']);
});

test('a prewrite in conflict with its own start timestamp was rolled back, and begins anew', async (context) => {
  const on = await bench(context);
  on.cluster.fate = ({ method, before, request }) => {
    if (method !== 'KvPrewrite' || before > 0) return 'pass';
    const { startVersion } = request as PrewriteRequest;
    on.cluster.memory.rollback({ keys: [inTikv('a')], startVersion } as never);
    return { answer: { errors: [{ conflict: { startTs: startVersion, conflictTs: startVersion } }] } };
  };
  assert.deepEqual(await run(on.store, one), { outcome: 'applied' });
  assertCount(on.cluster.count('KvPrewrite'), 2, on.lost('KvPrewrite'));
});

describe('a call of several transactions', { concurrency: true }, () => {
  test('is ambiguous for the rest when a part was applied before the fault', async (context) => {
    const on = await bench(context);
    on.cluster.fate = ({ method }) =>
      method === 'KvPrewrite' && on.cluster.count('KvCommit') > 0 ? 'lose-request' : 'pass';
    const results = await on.store.transact(
      [transaction({ a: '1' }, { b: null }), transaction({ b: '1' }, { c: null })],
      { timeoutMs: 2_000 },
    );
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['applied', 'ambiguous'],
    );
  });

  test('is ambiguous as a whole when its commit is lost, except for the transactions in conflict', async (context) => {
    const on = await bench(context);
    await run(on.store, transaction({ b: 'there' }));
    first(on.cluster, 'KvCommit', 'lose-answer', ENDLESS);
    nobodyTells(on);
    const group = [
      transaction({ a: '1' }, { a: null }),
      transaction({ b: '1' }, { b: null }),
      transaction({ c: '1' }),
    ];
    // The first attempt meets the conflict and takes its locks back, which here gets no answer: other clients
    // resolve them.
    on.cluster.fate = (
      (before) => (call) =>
        call.method === 'KvBatchRollback' ? 'pass' : before(call)
    )(on.cluster.fate);
    const results = await on.store.transact(group, { timeoutMs: LONG_MS });
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['ambiguous', 'conflict', 'ambiguous'],
    );
    on.cluster.fate = () => 'pass';
    assert.deepEqual(await texts(on.store, ['a', 'b', 'c']), ['1', 'there', '1']);
  });
});
