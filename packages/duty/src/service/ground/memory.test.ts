import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { entryHash, type LedgerPoint, type Mark, pointOf } from '../../rule/index.ts';
import type { Store } from '../../store/index.ts';
import { adopted, claimWith, FREE, grantedIn, heldOf, IDENTITY, OWN, SEAL } from '../claim/testing/claim.ts';
import type { MemoryView } from '../contract.ts';
import { memoryStore, silentMeter } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import type { CoreContext } from './context.ts';
import type { LedgerIdentity } from './genesis.ts';
import { keys, markName } from './keys.ts';
import { type HeldMark, markWrites } from './marks.ts';
import { compareMemory, type Memory, memoryOf, ownMemory, pointView } from './memory.ts';

const VOIDED = 'e0'.repeat(16);
const EPOCHS = { epoch: IDENTITY.epoch, voided: new Set([VOIDED]) };
const NAME = markName(SEAL.chain, SEAL.key, 'babe');
const headOf = ({ epoch, seq, lastHash }: Mark) => ({ epoch, seq: seq.toString(), hash: lastHash });

describe('points as other services see them', () => {
  const enter = claimWith({ dutyName: 'grandpa' });
  const mark = grantedIn(adopted(enter), enter, 'n1').mark;
  const name = markName(enter.chain, enter.key, 'grandpa');
  const view = (points: MemoryView['points'], mark_ = name) => {
    return memoryOf({ service: 's', ledger: 'l', points }).get(mark_);
  };

  test('are read as they were written', () => {
    const point = pointOf(mark);
    const texts = { unit: '0/1', part: 'enter', nonce: 'n1', top: '0/1' };
    assert.deepEqual(pointView(point), { ...headOf(mark), ...texts });
    assert.deepEqual(view({ [name]: pointView(point) }), point);
    const blank: LedgerPoint = { ...point, unit: null, part: null, top: null };
    assert.deepEqual(view({ [name]: pointView(blank) }), blank);
  });

  test('cannot be read if they are not of a duty or unit that is known here', () => {
    const point = pointView(pointOf(mark));
    assert.equal(view({}), undefined);
    assert.equal(view({ [name]: { ...point, unit: '1' } }), null);
    assert.equal(view({ [name]: { ...point, top: '1' } }), null);
    const strange = markName(enter.chain, enter.key, 'strange');
    assert.equal(view({ [strange]: point }, strange), null);
  });
});

describe('the comparison of a memory with the store', () => {
  async function compared(
    context: TestContext,
    held: HeldMark | null,
    memory: Memory,
    name = NAME,
    change: Partial<Store> = {},
  ) {
    const store = { ...memoryStore(context), ...change };
    const ref = { chain: SEAL.chain, key: SEAL.key, duty: SEAL.duty };
    if (held !== null)
      await store.transact([{ compares: [], writes: markWrites(ref, null, held.mark).writes }]);
    const parts = { store, clock: clockOf(context), meter: silentMeter };
    const core = { parts, options: { storeTimeoutMs: 100 } } as unknown as CoreContext;
    return compareMemory(core, EPOCHS as unknown as LedgerIdentity, new Map([[name, memory]]));
  }
  const point = (held: HeldMark, change: Partial<LedgerPoint> = {}): LedgerPoint => ({
    ...pointOf(held.mark),
    ...change,
  });

  test('finds nothing where the mark stands at the point, holds its grant, or denies all of it', async (context) => {
    assert.equal(await compared(context, OWN, point(OWN)), null);
    assert.equal(await compared(context, OWN, point(FREE)), null);
    assert.equal(await compared(context, OWN, point(OWN, { seq: 1n, hash: '0'.repeat(64) })), null);
    const low = heldOf(SEAL, { ...FREE.mark, floor: [5n] });
    assert.equal(await compared(context, low, point(OWN)), null);
  });

  test('names the mark and the entry that the store does not hold', async (context) => {
    const found = await compared(context, FREE, point(OWN));
    const why = /^entry 2 \(1\) is remembered; .* is at entry 1, unit - and does not hold/;
    assert.equal(found?.mark, NAME);
    assert.match(found?.why ?? '', why);
    const other = grantedIn(FREE, { ...SEAL, unit: [7n] }, 'other');
    const lost = await compared(context, other, point(OWN, { unit: null, part: null }));
    assert.match(lost?.why ?? '', /entry 2 \(an adoption\) is remembered; .* entry 2, unit 7 /);
    assert.match((await compared(context, FREE, null))?.why ?? '', /cannot be read/);
  });

  test('finds a mark that left while it was compared', async (context) => {
    const read: Store['read'] = async (wanted) => wanted.map(() => null);
    const found = await compared(context, FREE, point(OWN), NAME, { read });
    assert.equal(found?.why, 'entry 2 (1) is remembered; the mark in the store is gone and does not hold it');
  });

  test('does not take a mark of another epoch for the one that is remembered', async (context) => {
    const last = { ...OWN.mark.last, epoch: VOIDED };
    const lastHash = entryHash(last);
    const voided = heldOf(SEAL, { ...OWN.mark, epoch: VOIDED, last, lastHash });
    const same = await compared(context, voided, point(OWN, { hash: lastHash }));
    assert.match(same?.why ?? '', /does not hold it/);
    const unknown = await compared(context, OWN, point(OWN, { epoch: 'ff', hash: '0'.repeat(64) }));
    assert.match(unknown?.why ?? '', /epoch ff is remembered, the ledger has another/);
    const old = await compared(context, FREE, point(OWN, { epoch: VOIDED }));
    assert.match(old?.why ?? '', /^entry 2/);
  });

  test('cannot judge a mark that is not there, or whose duty is not known', async (context) => {
    assert.equal((await compared(context, null, point(OWN)))?.why, 'the store has no such mark');
    const strange = markName(SEAL.chain, SEAL.key, 'strange');
    const found = await compared(context, OWN, point(OWN), strange);
    assert.deepEqual(found, { mark: strange, why: 'this release does not know the duty' });
    assert.equal(keys.mark(SEAL.chain, SEAL.key, 'babe'), `${keys.marks}${NAME}`);
  });
});

test('the memory of this service is that of the moment at which it is asked for', () => {
  const points = new Map([[NAME, pointOf(FREE.mark)]]);
  const memory = ownMemory({ parts: { ledger: { points: () => points } } } as unknown as CoreContext);
  points.set(NAME, pointOf(OWN.mark));
  assert.deepEqual([...memory], [[NAME, pointOf(FREE.mark)]]);
});
