import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { systemClock } from '@watchbill/base';
import fc from 'fast-check';
import type { Compare, Store, Transaction, TransactionResult } from '../port.ts';
import { planBatches } from './batch.ts';
import { type FakeEtcd, fakeEtcd, fakeMessage } from './fake-etcd.ts';
import { type FakeEngine, fakeEngine } from './fake-etcd-engine.ts';
import type { TxnRequest } from './gen/rpc_pb.js';
import { sharedCompares, withoutShared } from './hoist.ts';
import { openEtcdStore } from './store.ts';

const PREFIX = '/';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const is = (key: string, value: string | null): Compare => ({
  key,
  value: value === null ? null : bytes(value),
});
const put = (key: string, value: string) => ({ key, value: bytes(value) });

/** As a grant does it: its own mark, then what every grant compares. */
function grant(mark: string, held: string | null, writes: boolean = true): Transaction {
  return {
    compares: [is('session', 's1'), is(mark, held), is('epoch', 'e1'), is('gone', null)],
    writes: writes ? [put(mark, 'next')] : [],
  };
}

function told(results: readonly TransactionResult[]): unknown[] {
  return results.map((result) => {
    if (result.outcome !== 'conflict') return result.outcome;
    return result.current.map((value) => (value === null ? null : Buffer.from(value).toString()));
  });
}

const keysOf = (compares: readonly { readonly key: Uint8Array }[]): string[] =>
  compares.map(({ key }) => Buffer.from(key).toString().slice(PREFIX.length));

function nestedKeys({ success }: TxnRequest): string[][] {
  return success.map(({ request }) => (request.case === 'requestTxn' ? keysOf(request.value.compare) : []));
}

describe('what all transactions of a request compare', () => {
  test('is found whatever the order, and only where key and expectation are the same', () => {
    const one = { compares: [is('c', '1'), is('d', null), is('a', '1'), is('b', null)], writes: [] };
    const other = { compares: [is('d', '1'), is('c', '2'), is('b', null), is('a', '1')], writes: [] };
    assert.deepEqual(sharedCompares([one, other]), [is('a', '1'), is('b', null)]);
  });

  test('is nothing where there is one transaction, or none', () => {
    assert.deepEqual(sharedCompares([]), []);
    assert.deepEqual(sharedCompares([grant('m', null)]), []);
  });

  test('is not a key that one of them writes', () => {
    const compares = [is('a', '1'), is('b', '1')];
    const batch = [
      { compares, writes: [] },
      { compares, writes: [put('a', '2')] },
    ];
    assert.deepEqual(sharedCompares(batch), [is('b', '1')]);
  });

  test('is cut to the number of transactions: a longer outer If would leave less for the nested ones', () => {
    const compares = ['a', 'b', 'c', 'd'].map((key) => is(key, null));
    const batch = ['x', 'y'].map((key) => ({ compares, writes: [put(key, '1')] }));
    assert.deepEqual(sharedCompares(batch), compares.slice(0, 2));
  });

  test('never makes a batch larger than it was planned', () => {
    const value = fc.constantFrom(null, bytes('1'));
    const compares = fc.uniqueArray(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), value }), {
      selector: ({ key }) => key,
    });
    const writes = fc.integer({ min: 0, max: 6 });
    const limits = { maxTxnOps: 9, maxBytes: 1_000_000 };
    fc.assert(
      fc.property(fc.array(fc.tuple(compares, writes), { maxLength: 12 }), (shapes) => {
        const transactions = shapes.map(([compared, count], index) => ({
          compares: compared,
          writes: Array.from({ length: count }, (_, place) => put(`${index}/${place}`, 'x')),
        }));
        for (const indexes of planBatches(transactions, limits)) {
          const batch = indexes.flatMap((index) => transactions[index] ?? []);
          const shared = sharedCompares(batch);
          const hoisted = new Set(shared.map(({ key }) => key));
          const rest = batch.map((one) => withoutShared(one, hoisted));
          const nested = Math.max(...rest.map((one) => Math.max(one.compares.length, one.writes.length)));
          // As etcd counts: the longest list of the outer one, and of any nested one.
          assert.ok(Math.max(shared.length, batch.length) + nested <= limits.maxTxnOps);
        }
      }),
    );
  });
});

describe('a batch with hoisted compares', () => {
  let engine: FakeEngine;
  let etcd: FakeEtcd;
  let store: Store;
  let beforeRequest: (index: number) => void;
  before(async () => {
    etcd = await fakeEtcd((stream, path) =>
      path === '/etcdserverpb.KV/Txn' ? engine.answer(stream) : fakeMessage(stream),
    );
    engine = fakeEngine(PREFIX);
    store = await openEtcdStore({ endpoints: [etcd.endpoint], prefix: PREFIX, clock: systemClock() });
  });
  after(async () => {
    await store?.close();
    await etcd?.close();
  });
  beforeEach(() => {
    beforeRequest = () => {};
    engine = fakeEngine(PREFIX, (index) => beforeRequest(index));
    for (const [key, value] of [
      ['session', 's1'],
      ['epoch', 'e1'],
      ['m1', 'a'],
      ['m2', 'b'],
    ] as const)
      engine.records.set(key, value);
  });

  test('makes them once, and each transaction has its own result', async () => {
    const batch = [grant('m1', 'a'), grant('m2', 'old'), grant('m3', null), grant('m4', 'x', false)];
    assert.deepEqual(told(await store.transact(batch)), [
      'applied',
      ['s1', 'b', 'e1', null],
      'applied',
      ['s1', null, 'e1', null],
    ]);
    assert.deepEqual(
      engine.requests.map(({ compare }) => keysOf(compare)),
      [['session', 'epoch', 'gone']],
    );
    assert.deepEqual(engine.requests.map(nestedKeys), [[['m1'], ['m2'], ['m3'], ['m4']]]);
    assert.deepEqual(
      ['m1', 'm2', 'm3', 'm4'].map((key) => engine.records.get(key)),
      ['next', 'b', 'next', undefined],
    );
  });

  test('of transactions that only compare, and compare the same', async () => {
    const only = { compares: [is('session', 's1'), is('epoch', 'e1')], writes: [] };
    assert.deepEqual(told(await store.transact([only, only])), ['applied', 'applied']);
    assert.deepEqual(engine.requests.map(nestedKeys), [[[], []]]);
    engine.records.set('epoch', 'e2');
    assert.deepEqual(told(await store.transact([only, only])), [
      ['s1', 'e2'],
      ['s1', 'e2'],
    ]);
  });

  test('that do not hold: nothing is applied, and each is told all that it conflicts with', async () => {
    engine.records.set('epoch', 'e2');
    engine.records.set('gone', 'back');
    const batch = [grant('m1', 'a'), grant('m2', 'old'), grant('m3', null, false)];
    assert.deepEqual(told(await store.transact(batch)), [
      ['s1', 'a', 'e2', 'back'],
      ['s1', 'b', 'e2', 'back'],
      ['s1', null, 'e2', 'back'],
    ]);
    assert.deepEqual([engine.records.get('m1'), engine.records.get('m2')], ['a', 'b']);
    assert.deepEqual(
      engine.requests.map(({ compare }) => compare.length),
      [3, 0],
    );
  });

  test('that hold again when it is sent once more are applied then, once', async () => {
    engine.records.set('epoch', 'e2');
    beforeRequest = (index) => {
      if (index === 1) engine.records.set('epoch', 'e1');
    };
    assert.deepEqual(told(await store.transact([grant('m1', 'a'), grant('m2', 'old')])), [
      'applied',
      ['s1', 'b', 'e1', null],
    ]);
    assert.equal(engine.requests.length, 2);
    assert.equal(engine.records.get('m1'), 'next');
  });

  test('does not hoist a key that one of its transactions writes: they are sent apart', async () => {
    const [one, two] = [grant('m1', 'a'), grant('m2', 'b')];
    const moves = { ...two, writes: [...two.writes, put('epoch', 'e2')] };
    assert.equal(told(await store.transact([one, moves]))[1], 'applied');
    assert.deepEqual(
      engine.requests.map(({ compare }) => compare.length),
      [4, 4],
    );
  });
});
