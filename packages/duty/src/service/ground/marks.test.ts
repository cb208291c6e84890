import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Mark } from '../../rule/index.ts';
import type { Store } from '../../store/index.ts';
import { adopted, claimWith, FREE, grantedIn, OWN, SEAL, TAKEN } from '../claim/testing/claim.ts';
import { memoryStore, put } from '../testing/services.ts';
import { keys, markName } from './keys.ts';
import { createMarkCache, type HeldMark, type MarkRef, markWrites, readMark } from './marks.ts';
import { toBytes } from './records.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND: MarkRef = { chain: ENTER.chain, key: ENTER.key, duty: ENTER.duty };
const BABE: MarkRef = { chain: SEAL.chain, key: SEAL.key, duty: SEAL.duty };
const EMPTY = adopted(ENTER);
const ONE = grantedIn(EMPTY, ENTER, 'one');
const TWO = grantedIn(ONE, { ...ENTER, unit: [0n, 2n] }, 'two');
const HEAD = keys.mark(ENTER.chain, ENTER.key, 'grandpa');
const unitKey = (unit: readonly bigint[]) => keys.unit(ENTER.chain, ENTER.key, ENTER.duty, unit);
const save = (store: Store, ref: MarkRef, before: HeldMark | null, next: HeldMark) =>
  store.transact([{ compares: [], writes: markWrites(ref, before?.mark ?? null, next.mark).writes }]);

describe('the writes of a mark', () => {
  const first = unitKey([0n, 1n]);
  /** The head, and the units that are written or deleted. */
  const written = (before: Mark | null, next: Mark) => {
    const [head, ...units] = markWrites(ROUND, before, next).writes;
    assert.deepEqual([head?.key, head?.value === null], [HEAD, false]);
    return units.map(({ key, value }) => [key, value === null ? 'deleted' : 'written']);
  };

  test('are its head alone for a duty without unit records', () => {
    const { writes, headText } = markWrites(BABE, FREE.mark, OWN.mark);
    assert.deepEqual(writes, [{ key: keys.mark(SEAL.chain, SEAL.key, 'babe'), value: toBytes(headText) }]);
    assert.equal(headText, OWN.headText);
  });

  test('delete the records of units that left, but for those that stay for later', () => {
    const [, second] = TWO.mark.recent;
    assert.ok(second);
    const left: Mark = { ...TWO.mark, recent: [second], leftovers: [] };
    assert.deepEqual(written(TWO.mark, left), [[first, 'deleted']]);
    const later: Mark = { ...left, leftovers: [[0n, 1n]] };
    assert.deepEqual(written(TWO.mark, later), []);
    assert.deepEqual(written(later, left), [[first, 'deleted']]);
  });

  test('never delete a unit that is in the mark again', () => {
    const [again, second] = TWO.mark.recent;
    assert.ok(again && second);
    const before: Mark = { ...TWO.mark, recent: [second], leftovers: [again.unit] };
    assert.deepEqual(written(before, { ...TWO.mark, leftovers: [] }), [[first, 'written']]);
  });
});

describe('a mark that is read', () => {
  /** The mark after it changed this often between the head and the units. */
  async function changing(store: Store, states: readonly (HeldMark | null)[]) {
    let reads = 0;
    const timeouts = new Set<number | undefined>();
    const seen: Store = {
      ...store,
      read: async (wanted, options) => {
        timeouts.add(options?.timeoutMs);
        const state = states[Math.min(reads, states.length - 1)];
        reads += 1;
        if (state === null) await put(store, HEAD, null);
        else if (state !== undefined) await save(store, ROUND, null, state);
        return store.read(wanted, options);
      },
    };
    const found = await readMark(seen, ROUND, 77);
    assert.deepEqual([...timeouts], [77]);
    return { found, reads };
  }

  test('is that of one moment, although it changed while it was read', async (context) => {
    assert.deepEqual(await changing(memoryStore(context), [ONE, TWO]), { found: TWO, reads: 3 });
    assert.deepEqual(await changing(memoryStore(context), [ONE, null]), { found: null, reads: 2 });
  });

  test('is refused if a record of its units is missing', async (context) => {
    const store = memoryStore(context);
    await save(store, ROUND, null, TWO);
    await put(store, unitKey([0n, 1n]), null);
    await assert.rejects(readMark(store, ROUND, 100), /not the ones that its head lists/);
  });

  test('is refused by the name of a record whose bytes are no text', async (context) => {
    const store = memoryStore(context);
    await save(store, ROUND, null, TWO);
    for (const key of [unitKey([0n, 1n]), keys.mark(ENTER.chain, ENTER.key, 'grandpa')]) {
      await store.transact([{ compares: [], writes: [{ key, value: new Uint8Array([0xff]) }] }]);
      await assert.rejects(readMark(store, ROUND, 100), { name: 'RecordError', message: new RegExp(key) });
    }
  });

  test('may change so often that it is not read', async (context) => {
    const flicker = (changes: number) =>
      Array.from({ length: changes }, (_, index) => (index % 2 === 0 ? ONE : TWO));
    const name = markName(ENTER.chain, ENTER.key, 'grandpa');
    await assert.rejects(changing(memoryStore(context), flicker(9)), {
      message: `the mark ${name} changed 8 times while it was read`,
    });
    assert.deepEqual(await changing(memoryStore(context), flicker(8)), { found: TWO, reads: 9 });
  });
});

describe('the cache of marks', () => {
  /** How often the listeners of these marks were called since the last look. */
  const listening = (cache: ReturnType<typeof createMarkCache>, refs: readonly MarkRef[]) => {
    const calls = refs.map(() => 0);
    const leaves = refs.map((ref, at) =>
      cache.onChange(ref, () => {
        calls[at] = (calls[at] ?? 0) + 1;
      }),
    );
    return { leaves, heard: () => calls.splice(0, calls.length, ...refs.map(() => 0)) };
  };

  test('keeps a mark that was put or read, and forgets a mark that is gone', async (context) => {
    const store = memoryStore(context);
    const cache = createMarkCache(store);
    assert.equal(cache.get(BABE), null);
    cache.put(BABE, OWN);
    assert.equal(cache.get(BABE), OWN);
    assert.equal(cache.get(ROUND), null);
    assert.equal(await cache.load(BABE, 100), null);
    assert.equal(cache.get(BABE), null);
    await save(store, BABE, null, TAKEN);
    assert.deepEqual(await cache.load(BABE, 100), TAKEN);
    assert.deepEqual(cache.get(BABE), TAKEN);
  });

  test('calls the listeners of this mark when it changes, and no others', (context) => {
    const cache = createMarkCache(memoryStore(context));
    cache.put(BABE, FREE);
    const { heard } = listening(cache, [BABE, BABE, ROUND]);
    cache.put(BABE, { ...FREE });
    assert.deepEqual(heard(), [0, 0, 0], 'the same text is no change');
    cache.put(BABE, OWN);
    assert.deepEqual(heard(), [1, 1, 0]);
    cache.put(BABE, TAKEN);
    assert.deepEqual(heard(), [1, 1, 0]);
  });

  test('calls a listener no more that has left, and goes on to call the others', (context) => {
    const cache = createMarkCache(memoryStore(context));
    const { leaves, heard } = listening(cache, [BABE, BABE]);
    leaves[0]?.();
    leaves[0]?.();
    cache.put(BABE, FREE);
    assert.deepEqual(heard(), [0, 1]);
    leaves[1]?.();
    cache.put(BABE, OWN);
    assert.deepEqual(heard(), [0, 0]);
    const late = listening(cache, [BABE]);
    leaves[1]?.();
    cache.put(BABE, TAKEN);
    assert.deepEqual(late.heard(), [1]);
  });
});
