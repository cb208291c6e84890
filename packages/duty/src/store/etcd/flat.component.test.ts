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
  context.after(async () => {
    await store.close();
    await etcd.close();
  });
  return { store, engine, arrived: () => count };
}

const forms = ({ requests }: FakeEngine): string[] =>
  requests.map(({ success }) =>
    success.some(({ request }) => request.case === 'requestTxn') ? 'nested' : 'flat',
  );
const free = [grant('m1', 'a'), grant('m2', 'b')];
const taken = [grant('m1', 'a'), grant('m2', 'old')];

describe('a batch in the flat form', { concurrency: true }, () => {
  test('is one request without nested ones', async (context) => {
    const { store, engine } = await bench(context);
    assert.deepEqual(told(await store.transact(free)), ['applied', 'applied']);
    assert.deepEqual(forms(engine), ['flat']);
    const [request] = engine.requests;
    assert.deepEqual([request?.compare.length, request?.success.length, request?.failure.length], [5, 2, 1]);
    assert.deepEqual([engine.records.get('m1'), engine.records.get('m2')], ['next', 'next']);
  });

  test('with a conflict is sent again in the nested form, which finds the values', async (context) => {
    const { store, engine } = await bench(context);
    assert.deepEqual(told(await store.transact(taken)), ['applied', ['s1', 'b', 'e1', null]]);
    assert.deepEqual(forms(engine), ['flat', 'nested']);
    assert.deepEqual([engine.records.get('m1'), engine.records.get('m2')], ['next', 'b']);
  });

  test('is left out for eight batches after a conflict', async (context) => {
    const { store, engine } = await bench(context);
    await store.transact(taken);
    const reads = [
      grant('m2', 'b', false),
      { ...grant('m3', null), writes: [{ key: 'm4', value: new Uint8Array() }] },
    ];
    for (let turn = 0; turn < 9; turn += 1) await store.transact(reads);
    assert.deepEqual(forms(engine).slice(2), [...new Array<string>(8).fill('nested'), 'flat']);
  });

  test('has no attempt where the transactions expect different values of one key', async (context) => {
    const { store, engine } = await bench(context);
    const differ = [
      { compares: [is('epoch', 'e1')], writes: [put('x', '1')] },
      { compares: [is('epoch', 'e2')], writes: [put('y', '1')] },
    ];
    assert.deepEqual(told(await store.transact(differ)), ['applied', ['e1']]);
    assert.deepEqual(forms(engine), ['nested']);
  });
});

describe('a flat batch without a whole answer is ambiguous for all, and is not sent in the nested form', {
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
  ];
  for (const [name, answer] of endings) {
    test(name, async (context) => {
      const { store, arrived } = await bench(context, answer);
      assert.deepEqual(told(await store.transact(free)), ['ambiguous', 'ambiguous']);
      assert.equal(arrived(), 1);
    });
  }

  test('the nested form after a conflict cut off', async (context) => {
    const { store, arrived } = await bench(context, (stream, engine, count) =>
      count === 1 ? engine.answer(stream) : stream.session?.destroy(),
    );
    assert.deepEqual(told(await store.transact(taken)), ['ambiguous', 'ambiguous']);
    assert.equal(arrived(), 2);
  });

  test('certainly refused in the nested form is a fault, and had no effect', async (context) => {
    const { store, arrived } = await bench(context, (stream, engine, count) =>
      count === 1 ? engine.answer(stream) : fakeStatus(stream, 7, 'etcdserver: permission denied'),
    );
    await assert.rejects(store.transact(taken), { code: 'refused' });
    assert.equal(arrived(), 2);
  });
});
