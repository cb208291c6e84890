import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Store, StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { createBatcher } from './batcher.ts';
import type { CoreContext } from './context.ts';

const APPLIED = { outcome: 'applied' } as unknown as TransactionResult;
const writing = (key: string): Transaction => ({ compares: [], writes: [{ key, value: new Uint8Array() }] });
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
  /** Submits transactions that write these keys at once, and lets the batcher run. */
  const write = async (...keys: readonly string[]) => {
    for (const key of keys) submit(writing(key));
    await settle();
  };
  const answer = async (at: number, ...results: readonly TransactionResult[]) => {
    calls[at]?.answer(results);
    await settle();
  };
  const sent = () => calls.map(({ keys }) => keys.join());
  return { batcher, calls, measured, results, submit, write, answer, sent, pass };
}

test('transactions that come at once share a call, and each gets its own result', async () => {
  const { calls, measured, results, write, answer, sent, pass } = batched();
  await write('a', 'b');
  assert.deepEqual([sent(), calls[0]?.timeoutMs], [['a,b'], 700]);
  pass(30);
  await answer(0, APPLIED, { outcome: 'conflict', current: [] } as unknown as TransactionResult);
  assert.deepEqual(results, ['applied', 'conflict']);
  assert.deepEqual(measured, ['batch 2', 'transact applied 30', 'transact conflict 30']);
});

test('no more calls run at once than are allowed: the others wait, and share the next one', async () => {
  const { write, answer, sent } = batched({ maxCalls: 2 });
  for (const key of ['a', 'b', 'c', 'd']) await write(key);
  assert.deepEqual(sent(), ['a', 'b']);
  await answer(0, APPLIED);
  assert.deepEqual(sent(), ['a', 'b', 'c,d']);
  await answer(1, APPLIED);
  await answer(2, APPLIED, APPLIED);
  await write('e');
  assert.deepEqual(sent(), ['a', 'b', 'c,d', 'e']);
});

test('a call takes so many at most, in the order in which they came', async () => {
  const { write, answer, sent } = batched({ maxPerCall: 2 });
  await write('a', 'b', 'c');
  assert.deepEqual(sent(), ['a,b'], 'the rest waits for the one call that is allowed');
  await answer(0, APPLIED, APPLIED);
  assert.deepEqual(sent(), ['a,b', 'c']);
});

test('two writes of one key never share a call; compares alone share with all', async () => {
  const { submit, answer, sent } = batched();
  for (const each of [writing('a'), compareOnly, writing('a'), compareOnly, writing('b')]) submit(each);
  await settle();
  assert.deepEqual(sent(), ['a,,,b']);
  await answer(0, APPLIED, APPLIED, APPLIED, APPLIED);
  assert.deepEqual(sent(), ['a,,,b', 'a']);
});

test('a StoreFault means that no write was applied; any other error, or no result, may hide one', async () => {
  const { calls, measured, results, write, answer } = batched();
  await write('a');
  calls[0]?.fail(new StoreFault('unavailable', 'no answer', 'wait'));
  await settle();
  await write('b');
  calls[1]?.fail(new TypeError('a defect'));
  await settle();
  await write('c');
  await answer(2);
  assert.deepEqual(results, ['unavailable', 'ambiguous', 'ambiguous']);
  const outcomes = measured.filter((line) => line.startsWith('transact'));
  assert.deepEqual(outcomes, ['transact fault 0', 'transact fault 0', 'transact ambiguous 0']);
});

test('beyond the bound a transaction is refused, and was not sent', async () => {
  const { batcher, results, write, sent } = batched({ maxWaiting: 1 });
  await write('a');
  await write('b', 'c');
  assert.deepEqual(results, ['unavailable']);
  await assert.rejects(batcher.submit(writing('d')), /more than 1 transactions wait/);
  assert.deepEqual(sent(), ['a']);
});
