import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { describe, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import type { Store, Transaction, TransactionResult } from '../port.ts';
import { openEtcdStore } from './store.ts';
import { type FakeAnswer, fakeEtcd, fakeMessage, fakeStatus } from './testing/fake-etcd.ts';

const TXN = '/etcdserverpb.KV/Txn';
const UNAVAILABLE = 14;
const EXHAUSTED = 8;
/** A TxnResponse whose second field, `succeeded`, is true. */
const SUCCEEDED = Uint8Array.of(0x10, 1);
const one: Transaction = { compares: [], writes: [{ key: 'a', value: Uint8Array.of(1) }] };

interface Ended {
  readonly results: readonly TransactionResult[] | Error;
  /** Txn requests that arrived at any of the members. */
  readonly arrived: number;
}

/** Run transactions against two members that both answer in this way. */
async function transactAgainst(
  answerTxn: FakeAnswer,
  timeoutMs = 10_000,
  transactions: readonly Transaction[] = [one],
): Promise<Ended> {
  const answer: FakeAnswer = (stream, path) => (path === TXN ? answerTxn(stream, path) : fakeMessage(stream));
  const members = await Promise.all([fakeEtcd(answer), fakeEtcd(answer)]);
  const endpoints = members.map(({ endpoint }) => endpoint);
  const store: Store = await openEtcdStore({ endpoints, clock: systemClock() });
  try {
    const results = await store.transact(transactions, { timeoutMs }).catch((error: Error) => error);
    const arrived = members.flatMap(({ requests }) => requests).filter((path) => path === TXN).length;
    return { results, arrived };
  } finally {
    await store.close();
    await Promise.all(members.map((member) => member.close()));
  }
}

describe('a transaction that may have been applied is ambiguous and is never sent twice', {
  concurrency: true,
}, () => {
  // Calls that wait until their deadline get a longer one, so that the request arrives.
  const endings: readonly [string, FakeAnswer, number?][] = [
    ['leader changed', (stream) => fakeStatus(stream, UNAVAILABLE, 'etcdserver: leader changed')],
    ['request timed out', (stream) => fakeStatus(stream, UNAVAILABLE, 'etcdserver: request timed out')],
    ['out of space', (stream) => fakeStatus(stream, EXHAUSTED, 'etcdserver: mvcc: database space exceeded')],
    ['stream refused', (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM)],
    ['stream canceled', (stream) => stream.close(constants.NGHTTP2_CANCEL)],
    ['connection destroyed', (stream) => stream.session?.destroy()],
    ['connection going away', (stream) => stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 0), 2_000],
    ['no answer', () => {}, 2_000],
  ];
  for (const [name, answer, timeoutMs] of endings) {
    test(name, async () => {
      const { results, arrived } = await transactAgainst(answer, timeoutMs);
      assert.ok(Array.isArray(results), String(results));
      assert.equal(results[0].outcome, 'ambiguous');
      assert.equal(arrived, 1);
    });
  }
});

describe('a transaction that was certainly not applied', () => {
  test('is sent again, here or there, while members have no leader', async () => {
    let refusals = 2;
    const { results, arrived } = await transactAgainst((stream) => {
      refusals -= 1;
      if (refusals >= 0) fakeStatus(stream, UNAVAILABLE, 'etcdserver: no leader');
      else fakeMessage(stream, SUCCEEDED);
    });
    assert.deepEqual(results, [{ outcome: 'applied' }]);
    assert.equal(arrived, 3);
  });

  test('is a fault at once where etcd refuses it', async () => {
    const { results, arrived } = await transactAgainst((stream) =>
      fakeStatus(stream, 7, 'etcdserver: permission denied'),
    );
    assert.ok(results instanceof Error);
    assert.equal(arrived, 1);
  });
});

test('an answer without the reads of its Else is damaged, and the batch is not sent again', async () => {
  const batch: readonly Transaction[] = ['a', 'b'].map((key) => ({
    compares: [{ key: 'shared', value: null }],
    writes: [{ key, value: Uint8Array.of(1) }],
  }));
  const { results, arrived } = await transactAgainst((stream) => fakeMessage(stream), undefined, batch);
  assert.ok(Array.isArray(results), String(results));
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['ambiguous', 'ambiguous'],
  );
  assert.equal(arrived, 1);
});
