import assert from 'node:assert/strict';
import type { ServerHttp2Stream } from 'node:http2';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import type { Store, TransactionResult } from '../port.ts';
import { openEtcdStore } from './store.ts';
import { fakeEtcd, fakeMessage, fakeStatus } from './testing/fake-etcd.ts';
import { type FakeEngine, fakeEngine } from './testing/fake-etcd-engine.ts';
import { grant, is, put } from './testing/transactions.ts';

const PREFIX = '/';
const UNAVAILABLE = 14;
const RECORDS = { session: 's1', epoch: 'e1', m1: 'a', m2: 'b' };

const told = (results: readonly TransactionResult[]): unknown[] =>
  results.map((result) =>
    result.outcome === 'conflict'
      ? result.current.map((value) => value && Buffer.from(value).toString())
      : result.outcome,
  );

type AnswerTxn = (stream: ServerHttp2Stream, engine: FakeEngine, count: number) => void;

/** A store of which the test answers the transactions; `count` is 1 for the first. */
async function bench(
  context: TestContext,
  answerTxn: AnswerTxn = (stream, engine) => engine.answer(stream),
): Promise<{ store: Store; engine: FakeEngine; arrived: () => number }> {
  const engine = fakeEngine(PREFIX);
  for (const [key, value] of Object.entries(RECORDS)) engine.records.set(key, value);
  let count = 0;
  const etcd = await fakeEtcd((stream, path) => {
    if (path !== '/etcdserverpb.KV/Txn') return fakeMessage(stream);
    count += 1;
    return answerTxn(stream, engine, count);
  });
  const store = await openEtcdStore({ endpoints: [etcd.endpoint], prefix: PREFIX, clock: systemClock() });
  context.after(() => Promise.all([store.close(), etcd.close()]));
  return { store, engine, arrived: () => count };
}

/** How many records each request writes if its compares hold. */
const writes = ({ requests }: FakeEngine): number[] => requests.map(({ success }) => success.length);
const free = [grant('m1', 'a'), grant('m2', 'b')];
const taken = [grant('m1', 'a'), grant('m2', 'old')];

describe('a batch', { concurrency: true }, () => {
  test('is one request, with each compared key once', async (context) => {
    const { store, engine } = await bench(context);
    assert.deepEqual(told(await store.transact(free)), ['applied', 'applied']);
    assert.equal(engine.requests.length, 1);
    const [request] = engine.requests;
    assert.deepEqual([request?.compare.length, request?.success.length, request?.failure.length], [5, 2, 1]);
    assert.deepEqual([engine.records.get('m1'), engine.records.get('m2')], ['next', 'next']);
  });

  test('with a conflict is sent again one by one, which finds the values', async (context) => {
    const { store, engine } = await bench(context);
    assert.deepEqual(told(await store.transact(taken)), ['applied', ['s1', 'b', 'e1', null]]);
    assert.deepEqual(writes(engine), [2, 1, 1]);
    assert.deepEqual([engine.records.get('m1'), engine.records.get('m2')], ['next', 'b']);
  });

  test('holds no two transactions that expect different values of one key', async (context) => {
    const { store, engine } = await bench(context);
    const differ = [
      { compares: [is('epoch', 'e1')], writes: [put('x', '1')] },
      { compares: [is('epoch', 'e2')], writes: [put('y', '1')] },
    ];
    assert.deepEqual(told(await store.transact(differ)), ['applied', ['e1']]);
    assert.deepEqual(writes(engine), [1, 1]);
  });

  test('that only compares is answered for all, or one by one', async (context) => {
    const { store } = await bench(context);
    const look = (mark: string) => grant('m1', mark, false);
    assert.deepEqual(told(await store.transact([look('a'), grant('m2', 'b', false)])), [
      'applied',
      'applied',
    ]);
    const mixed = [look('a'), grant('m2', 'old', false)];
    assert.deepEqual(told(await store.transact(mixed)), ['applied', ['s1', 'b', 'e1', null]]);
  });
});

describe('a batch without a whole answer is ambiguous for all, and is not sent one by one', {
  concurrency: true,
}, () => {
  const endings: readonly [string, AnswerTxn][] = [
    [
      'applied, then cut off',
      (stream, engine) => {
        const { session } = stream;
        stream.respond = () => session?.destroy();
        engine.answer(stream);
      },
    ],
    ['leader changed', (stream) => fakeStatus(stream, UNAVAILABLE, 'etcdserver: leader changed')],
    ['stream reset', (stream) => stream.close(8)],
    ['an empty answer', (stream) => fakeMessage(stream)],
    ['an answer without the results of its writes', (stream) => fakeMessage(stream, Uint8Array.of(0x10, 1))],
    ['no answer in time', () => {}],
  ];
  for (const [name, answer] of endings) {
    test(name, async (context) => {
      const { store, arrived } = await bench(context, answer);
      const results = await store.transact(free, { timeoutMs: 2_000 });
      assert.deepEqual(told(results), ['ambiguous', 'ambiguous']);
      assert.equal(arrived(), 1);
    });
  }

  test('one that is cut off after a conflict is ambiguous by itself', async (context) => {
    const { store, arrived } = await bench(context, (stream, engine, count) =>
      count === 2 ? stream.close(8) : engine.answer(stream),
    );
    assert.deepEqual(told(await store.transact(taken)), ['ambiguous', ['s1', 'b', 'e1', null]]);
    assert.equal(arrived(), 3);
  });

  test('one that is certainly refused after a conflict is ambiguous, as others may be applied', async (context) => {
    const { store } = await bench(context, (stream, engine, count) =>
      count === 2 ? fakeStatus(stream, 7, 'etcdserver: permission denied') : engine.answer(stream),
    );
    assert.deepEqual(told(await store.transact(taken)), ['ambiguous', ['s1', 'b', 'e1', null]]);
  });

  test('certainly refused after a conflict is a fault, and had no effect', async (context) => {
    const { store, arrived } = await bench(context, (stream, engine, count) =>
      count === 1 ? engine.answer(stream) : fakeStatus(stream, 7, 'etcdserver: permission denied'),
    );
    await assert.rejects(store.transact(taken), { code: 'refused' });
    assert.equal(arrived(), 3);
  });
});
