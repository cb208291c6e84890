import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Store, StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { createBatcher } from './batcher.ts';
import type { CoreContext } from './context.ts';

const APPLIED = { outcome: 'applied' } as unknown as TransactionResult;
const write = (key: string): Transaction => ({ compares: [], writes: [{ key, value: new Uint8Array() }] });
const compareOnly: Transaction = { compares: [], writes: [] };
/** Lets everything that is ready run: the batcher uses microtasks alone. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

interface Call {
  readonly keys: readonly string[];
  readonly timeoutMs: number | undefined;
  readonly answer: (results: readonly TransactionResult[]) => void;
  readonly fail: (error: unknown) => void;
}

/** A store whose calls a test answers one by one. */
function batched({ maxCalls = 1, maxPerCall = 10, maxWaiting = 10 } = {}) {
  const calls: Call[] = [];
  const measured: string[] = [];
  let nowMs = 100;
  const store = {
    transact: (transactions: readonly Transaction[], options?: { timeoutMs?: number }) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly TransactionResult[]>();
      const keys = transactions.map(({ writes }) => writes.map(({ key }) => key).join('+'));
      calls.push({ keys, timeoutMs: options?.timeoutMs, answer: resolve, fail: reject });
      return promise;
    },
  } as unknown as Store;
  const meter = {
    decision: () => undefined,
    ledgerAppend: () => undefined,
    batch: (size: number) => void measured.push(`batch ${size}`),
    storeCall: (call: string, outcome: string, ms: number) => void measured.push(`${call} ${outcome} ${ms}`),
  };
  const clock = { monotonicMs: () => nowMs, nowMs: () => nowMs, sleep: () => Promise.resolve() };
  const options = { storeTimeoutMs: 700, maxInFlight: maxWaiting };
  const context = { parts: { store, clock, meter }, options } as unknown as CoreContext;
  const batcher = createBatcher(context, maxCalls, maxPerCall);
  const results: string[] = [];
  const submit = (transaction: Transaction) =>
    void batcher.submit(transaction).then(
      ({ outcome }) => results.push(outcome),
      (error: unknown) => results.push(error instanceof StoreFault ? error.code : 'other'),
    );
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { batcher, calls, measured, results, submit, pass };
}

test('transactions that come at once share a call, and each gets its own result', async () => {
  const { calls, measured, results, submit, pass } = batched();
  for (const key of ['a', 'b']) submit(write(key));
  await settle();
  assert.deepEqual(
    calls.map(({ keys, timeoutMs }) => [keys, timeoutMs]),
    [[['a', 'b'], 700]],
  );
  pass(30);
  calls[0]?.answer([APPLIED, { outcome: 'conflict', current: [] } as unknown as TransactionResult]);
  await settle();
  assert.deepEqual(results, ['applied', 'conflict']);
  assert.deepEqual(measured, ['batch 2', 'transact applied 30', 'transact conflict 30']);
});

test('no more calls run at once than are allowed: the others wait, and share the next one', async () => {
  const { calls, submit } = batched({ maxCalls: 2 });
  for (const key of ['a', 'b', 'c', 'd']) {
    submit(write(key));
    await settle();
  }
  assert.deepEqual(
    calls.map(({ keys }) => keys),
    [['a'], ['b']],
  );
  calls[0]?.answer([APPLIED]);
  await settle();
  assert.deepEqual(calls[2]?.keys, ['c', 'd']);
  calls[1]?.answer([APPLIED]);
  calls[2]?.answer([APPLIED, APPLIED]);
  submit(write('e'));
  await settle();
  assert.deepEqual(calls[3]?.keys, ['e']);
});

test('a call takes so many at most, in the order in which they came', async () => {
  const { calls, submit } = batched({ maxPerCall: 2 });
  for (const key of ['a', 'b', 'c']) submit(write(key));
  await settle();
  assert.equal(calls.length, 1, 'the rest waits for the one call that is allowed');
  calls[0]?.answer([APPLIED, APPLIED]);
  await settle();
  assert.deepEqual(
    calls.map(({ keys }) => keys),
    [['a', 'b'], ['c']],
  );
});

test('two writes of one key never share a call; compares alone share with all', async () => {
  const { calls, submit } = batched();
  for (const transaction of [write('a'), compareOnly, write('a'), compareOnly, write('b')])
    submit(transaction);
  await settle();
  assert.deepEqual(calls[0]?.keys, ['a', '', '', 'b']);
  calls[0]?.answer([APPLIED, APPLIED, APPLIED, APPLIED]);
  await settle();
  assert.deepEqual(calls[1]?.keys, ['a']);
});

test('a StoreFault means that no write was applied; any other error, or no result, may hide one', async () => {
  const { calls, measured, results, submit } = batched();
  submit(write('a'));
  await settle();
  calls[0]?.fail(new StoreFault('unavailable', 'no answer', 'wait'));
  await settle();
  submit(write('b'));
  await settle();
  calls[1]?.fail(new TypeError('a defect'));
  await settle();
  submit(write('c'));
  await settle();
  calls[2]?.answer([]);
  await settle();
  assert.deepEqual(results, ['unavailable', 'ambiguous', 'ambiguous']);
  assert.deepEqual(
    measured.filter((line) => line.startsWith('transact')),
    ['transact fault 0', 'transact fault 0', 'transact ambiguous 0'],
  );
});

test('beyond the bound a transaction is refused, and was not sent', async () => {
  const { batcher, calls, results, submit } = batched({ maxWaiting: 1 });
  submit(write('a'));
  await settle();
  submit(write('b'));
  submit(write('c'));
  await settle();
  assert.deepEqual(results, ['unavailable']);
  await assert.rejects(batcher.submit(write('d')), /more than 1 transactions wait/);
  assert.deepEqual(
    calls.map(({ keys }) => keys),
    [['a']],
  );
});
