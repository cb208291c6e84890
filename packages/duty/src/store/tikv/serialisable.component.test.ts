import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Store } from '../port.ts';
import type { CommitRequest, PrewriteRequest } from './gen/kvrpcpb_pb.js';
import {
  assertCount,
  bench,
  entry,
  inTikv,
  lockedKeys,
  run,
  texts,
  transaction,
} from './testing/fake-bench.ts';

describe('a key that is only compared', () => {
  test('and changes between the prewrite and the commit is a conflict, and the locks are taken back', async (context) => {
    const { cluster, store } = await bench(context);
    await run(store, transaction({ policy: 'old' }));
    cluster.fate = ({ method, request }) => {
      const { mutations, startVersion } = request as PrewriteRequest;
      const ours = method === 'KvPrewrite' && mutations.length === 1 && lockedKeys(cluster).length === 0;
      if (ours) cluster.memory.write(inTikv('policy'), entry('new'), startVersion + 1n);
      return 'pass';
    };
    const result = await run(store, transaction({ mark: '1' }, { mark: null, policy: 'old' }));
    assert.equal(result.outcome, 'conflict');
    assert.deepEqual(await texts(store, ['mark', 'policy']), [null, 'new']);
    assert.deepEqual(lockedKeys(cluster), []);
  });

  test('is read at the commit timestamp: a change after that comes after this transaction', async (context) => {
    const { cluster, store } = await bench(context);
    await run(store, transaction({ policy: 'old' }));
    cluster.fate = ({ method, request }) => {
      const { commitVersion } = request as CommitRequest;
      if (method === 'KvCommit') cluster.memory.write(inTikv('policy'), entry('new'), commitVersion + 1n);
      return 'pass';
    };
    const result = await run(store, transaction({ mark: '1' }, { mark: null, policy: 'old' }));
    assert.deepEqual(result, { outcome: 'applied' });
  });

  test('is not locked, so claims of two services on different marks do not meet', async (context) => {
    const { cluster, store } = await bench(context);
    await run(store, transaction({ epoch: 'e' }));
    const seen = new Set<string>();
    cluster.fate = () => {
      for (const key of lockedKeys(cluster)) seen.add(key);
      return 'pass';
    };
    await run(store, transaction({ mark: '1' }, { epoch: 'e' }));
    assert.deepEqual([...seen], ['mark']);
  });
});

test('a compared key that is written and changed before the lock is a conflict', async (context) => {
  const { cluster, store } = await bench(context);
  cluster.memory.write(inTikv('a'), entry('x'));
  const result = await run(store, transaction({ a: '1' }, { a: null }));
  assert.equal(result.outcome, 'conflict');
  assert.equal(cluster.count('KvCommit'), 0);
  assert.deepEqual(lockedKeys(cluster), []);
});

test('two stores that each compare what the other writes: one is applied, whatever the order of their calls', async (context) => {
  const { cluster, store, another } = await bench(context);
  const other = await another();
  for (let round = 0; round < 30; round += 1) {
    const [a, b] = [`${round}/a`, `${round}/b`];
    const results = await Promise.all([
      run(store, transaction({ [a]: '1' }, { [b]: null })),
      run(other, transaction({ [b]: '1' }, { [a]: null })),
    ]);
    const applied = results.filter(({ outcome }) => outcome === 'applied');
    assert.equal(applied.length, 1, JSON.stringify(results));
  }
  assert.deepEqual(lockedKeys(cluster), []);
});

/** Each step adds one to a register that it compares, and compares the others. */
async function step(store: Store, key: string, known: Map<string, string | null>): Promise<boolean> {
  const next = `${Number(known.get(key) ?? '0') + 1}`;
  const result = await run(store, transaction({ [key]: next }, Object.fromEntries(known)));
  if (result.outcome === 'conflict') {
    for (const [place, name] of [...known.keys()].entries()) {
      const held = result.current[place];
      known.set(name, held === null || held === undefined ? null : new TextDecoder().decode(held));
    }
  }
  if (result.outcome === 'applied') known.set(key, next);
  return result.outcome === 'applied';
}

test('random callers that compare all registers and write one: every applied step saw all before it', async (context) => {
  const { cluster, store, another } = await bench(context);
  const stores = [store, await another(), await another()];
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 3, maxLength: 9 }),
      async (plan) => {
        round += 1;
        const names = [0, 1, 2].map((at) => `${round}/${at}`);
        const applied = await Promise.all(
          stores.map(async (one, who) => {
            const known = new Map<string, string | null>(names.map((name) => [name, null]));
            let count = 0;
            for (const [by, at] of plan)
              if (by === who && (await step(one, names[at] ?? '', known))) count += 1;
            return count;
          }),
        );
        const sum = (await texts(store, names)).reduce((total, text) => total + Number(text ?? '0'), 0);
        assert.equal(
          sum,
          applied.reduce((total, count) => total + count, 0),
        );
        assert.deepEqual(lockedKeys(cluster), []);
      },
    ),
    { numRuns: 20 },
  );
});

test('of many transactions of one call each is decided by itself, and they share their round trips', async (context) => {
  const { cluster, store, lost } = await bench(context);
  await run(store, transaction({ epoch: 'e' }));
  const marks = Array.from({ length: 100 }, (_, index) =>
    transaction({ [`m/${index}`]: '1' }, { epoch: 'e' }),
  );
  const methods = ['KvPrewrite', 'KvCommit', 'KvBatchGet'];
  const before = methods.map((method) => cluster.count(method));
  const results = await store.transact(marks);
  assert.ok(results.every(({ outcome }) => outcome === 'applied'));
  // Whatever is given up without an answer makes the others be asked again.
  const again = methods.reduce((sum, method) => sum + lost(method), 0);
  for (const [at, method] of methods.entries())
    assertCount(cluster.count(method) - (before[at] ?? 0), 1, again, method);
});
