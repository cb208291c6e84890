import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import type { Store, TransactionResult } from '../port.ts';
import type { TxnRequest } from './gen/rpc_pb.js';
import { openEtcdStore } from './store.ts';
import { type FakeEtcd, fakeEtcd, fakeMessage } from './testing/fake-etcd.ts';
import { type FakeEngine, fakeEngine } from './testing/fake-etcd-engine.ts';
import { grant, is, put } from './testing/transactions.ts';

const PREFIX = '/';

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

/** Requests of nested transactions; those of the flat form came before them. */
const nested = (requests: readonly TxnRequest[]): TxnRequest[] =>
  requests.filter(({ success }) => success.some(({ request }) => request.case === 'requestTxn'));

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
  });
  after(async () => {
    await etcd?.close();
  });
  afterEach(async () => {
    await store?.close();
  });
  beforeEach(async () => {
    beforeRequest = () => {};
    // A new one, since a store leaves the flat form out for some time after a conflict.
    store = await openEtcdStore({ endpoints: [etcd.endpoint], prefix: PREFIX, clock: systemClock() });
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
      nested(engine.requests).map(({ compare }) => keysOf(compare)),
      [['session', 'epoch', 'gone']],
    );
    assert.deepEqual(nested(engine.requests).map(nestedKeys), [[['m1'], ['m2'], ['m3'], ['m4']]]);
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

  test('that do not hold: no write is applied, and each gets all its conflicts', async () => {
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
      nested(engine.requests).map(({ compare }) => compare.length),
      [3, 0],
    );
  });

  test('that hold again when it is sent once more are applied then, once', async () => {
    engine.records.set('epoch', 'e2');
    beforeRequest = (index) => {
      if (index === 2) engine.records.set('epoch', 'e1');
    };
    assert.deepEqual(told(await store.transact([grant('m1', 'a'), grant('m2', 'old')])), [
      'applied',
      ['s1', 'b', 'e1', null],
    ]);
    assert.equal(nested(engine.requests).length, 2);
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
