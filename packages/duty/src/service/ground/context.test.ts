import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault, type TransactionResult } from '../../store/index.ts';
import { memoryStore, partsOf, put, silentMeter } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { listTexts, readTexts, transact as transactOn } from './context.ts';
import { compareOf } from './records.ts';

const PAGE = 500;

/** A context whose reads take 25 ms; what its store and its meter were asked. */
function ground(context: TestContext, inner: Store = memoryStore(context)) {
  const measured: unknown[] = [];
  const asked: unknown[] = [];
  const store: Store = {
    ...inner,
    read: async (wanted, options) => {
      asked.push([wanted, options]);
      await clockOf(context).sleep(25);
      return inner.read(wanted, options);
    },
    list: (prefix, page, options) => {
      asked.push([prefix, page, options]);
      assert.ok(asked.length < 10, 'the pages do not end');
      return inner.list(prefix, page, options);
    },
  };
  const meter = { ...silentMeter, storeCall: (...call: unknown[]) => void measured.push(call) };
  const { parts, options } = partsOf(context, { store, parts: { meter } });
  return { core: { parts, options }, store: inner, measured, asked };
}

test('a read has its budget, and its time is measured', async (context) => {
  const { core, store, asked, measured } = ground(context);
  await put(store, 'one', 'a text');
  await clockOf(context).sleep(1_000);
  assert.deepEqual(await readTexts(core, ['one', 'two']), ['a text', null]);
  assert.deepEqual(await readTexts(core, ['one'], 40), ['a text']);
  assert.deepEqual(asked[0], [['one', 'two'], { timeoutMs: 2_000 }]);
  assert.deepEqual(asked.slice(1), [[['one'], { timeoutMs: 40 }]]);
  assert.deepEqual(measured, Array(2).fill(['read', 'ok', 25]));
});

test('a read that fails rejects, and is measured as a fault', async (context) => {
  const read: Store['read'] = () => Promise.reject(new StoreFault('unavailable', 'no answer', 'wait'));
  const { core, measured } = ground(context, { ...memoryStore(context), read });
  await clockOf(context).sleep(1_000);
  await assert.rejects(readTexts(core, ['one']), { message: 'no answer' });
  assert.deepEqual(measured, [['read', 'fault', 25]]);
});

test('a transaction has its budget, and may have been applied if its result does not come', async (context) => {
  const asked: unknown[] = [];
  const results: TransactionResult[] = [{ outcome: 'applied' }];
  const transact: Store['transact'] = async (...given) => {
    asked.push(given);
    return results.splice(0);
  };
  const { core } = ground(context, { ...memoryStore(context), transact });
  const one = { compares: [compareOf('one', null)], writes: [] };
  assert.deepEqual(await transactOn(core, one), { outcome: 'applied' });
  assert.equal((await transactOn(core, one, 40)).outcome, 'ambiguous');
  const budgets = [2_000, 40].map((timeoutMs) => [[one], { timeoutMs }]);
  assert.deepEqual(asked, budgets);
});

test('records are listed page by page, each with its budget', async (context) => {
  const { core, store, asked } = ground(context);
  const names = Array.from({ length: PAGE + 1 }, (_, at) => `token/${String(at).padStart(4, '0')}`);
  for (const name of names) await put(store, name, name);
  await put(store, 'tokens', 'another');
  assert.deepEqual(
    [...(await listTexts(core, 'token/'))],
    names.map((name) => [name, name]),
  );
  const budget = { timeoutMs: 2_000 };
  assert.deepEqual(asked, [
    ['token/', { limit: PAGE }, budget],
    ['token/', { limit: PAGE, after: names[PAGE - 1] }, budget],
  ]);
});
