import assert from 'node:assert/strict';
import type { Store, TransactionResult } from '../../port.ts';
import { bytes, put, run, text, texts, transaction } from './expect.ts';
import type { Law } from './harness.ts';

const WORKERS = 8;
const STEPS_PER_WORKER = 15;
const KEYS = ['c/0', 'c/1', 'c/2'];
/**
 * With eight workers, one of them always gets through. This limit is far above the number of tries that they
 * need.
 */
const MAX_TRIES = 2_000;

interface Step {
  readonly key: string;
  readonly from: string | null;
  readonly to: string;
}

/** Add one by compare-and-set, starting from the value that the conflict returned. */
async function increment(store: Store, key: string, tag: string): Promise<Step> {
  let from = text((await store.read([key]))[0]);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const to = `${Number((from ?? '0').split(' ')[0]) + 1} ${tag}`;
    const result: TransactionResult = await run(store, transaction({ [key]: to }, { [key]: from }));
    if (result.outcome === 'applied') return { key, from, to };
    assert.equal(result.outcome, 'conflict');
    from = text(result.outcome === 'conflict' ? result.current[0] : null);
  }
  throw new Error(`worker ${tag} never got through on ${key}`);
}

/** Throws unless the applied steps of a key form one chain from absence to its current value. */
export function checkChain(steps: readonly Step[], final: string | null): void {
  const next = new Map<string | null, string>();
  for (const { key, from, to } of steps) {
    assert.ok(!next.has(from), `two applied transactions compared ${key} with ${from}`);
    next.set(from, to);
  }
  let at: string | null = null;
  for (let walked = 0; walked < steps.length; walked++) {
    const to: string | undefined = next.get(at);
    assert.ok(to !== undefined, `no applied transaction goes on from ${at}`);
    at = to;
  }
  assert.equal(at, final, 'the chain ends at the value of the key');
}

/** Laws about concurrent callers. */
export const concurrencyLaws: readonly Law[] = [
  {
    name: 'concurrent increments by compare-and-set: the sum is exact and each key has one chain of values',
    check: async ({ store }) => {
      const workers = Array.from({ length: WORKERS }, async (_, worker) => {
        const steps: Step[] = [];
        for (let step = 0; step < STEPS_PER_WORKER; step++) {
          const key = KEYS[(worker + step) % KEYS.length] ?? '';
          steps.push(await increment(store, key, `${worker}-${step}`));
        }
        return steps;
      });
      const steps = (await Promise.all(workers)).flat();
      const finals = await texts(store, KEYS);
      for (const [index, key] of KEYS.entries()) {
        const own = steps.filter((step) => step.key === key);
        checkChain(own, finals[index] ?? null);
        assert.equal(Number(finals[index]?.split(' ')[0] ?? 0), own.length);
      }
    },
  },
  {
    name: 'of many callers that create one key, exactly one gets `applied`, and its value stays',
    check: async ({ store }) => {
      const names = Array.from({ length: 20 }, (_, index) => `caller ${index}`);
      const results = await Promise.all(
        names.map((name) => run(store, transaction({ 'c/one': name }, { 'c/one': null }))),
      );
      const winners = names.filter((_, index) => results[index]?.outcome === 'applied');
      assert.deepEqual(winners, await texts(store, ['c/one']));
    },
  },
  {
    name: 'a read of several keys never sees half of a transaction',
    check: async ({ store }) => {
      await put(store, { 'h/x': '0', 'h/y': '0' });
      let writing = true;
      const writer = (async () => {
        for (let i = 1; i <= 40; i++) await put(store, { 'h/x': `${i}`, 'h/y': `${i}` });
        writing = false;
      })();
      let last = 0;
      while (writing) {
        const [x, y] = await texts(store, ['h/x', 'h/y']);
        assert.equal(x, y);
        assert.ok(Number(x) >= last, `a later read saw ${x} after ${last}`);
        last = Number(x);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await writer;
    },
  },
  {
    name: 'a key that is only compared is held: if two callers each compare the key that the other writes, one is applied',
    check: async ({ store }) => {
      for (let round = 0; round < 15; round++) {
        const [a, b] = [`s/${round}/a`, `s/${round}/b`];
        const results = await Promise.all([
          run(store, transaction({ [a]: '1' }, { [b]: null })),
          run(store, transaction({ [b]: '1' }, { [a]: null })),
        ]);
        assert.equal(results.filter((result) => result.outcome === 'applied').length, 1);
      }
    },
  },
  {
    name: 'after one caller got `applied`, the next read of any caller sees the write',
    check: async ({ store }) => {
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const value = bytes(`n${index}`);
          await store.transact([{ compares: [], writes: [{ key: `n/${index}`, value }] }]);
          assert.deepEqual(await texts(store, [`n/${index}`]), [`n${index}`]);
        }),
      );
    },
  },
];
