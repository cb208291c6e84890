import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Duty, decodeHead, encodeUnit, type LedgerPoint, pointOf, type Unit } from '../../rule/index.ts';
import type { Write } from '../../store/index.ts';
import { adopted, claimWith, FREE, grantedIn, IDENTITY, policyOf, SEAL } from '../claim/testing/claim.ts';
import { keys, markName } from '../ground/keys.ts';
import { encodeRecord } from '../ground/records.ts';
import { CHAIN, KEY, memoryStore, put } from '../testing/services.ts';
import { START_MS, worldOf } from '../testing/world.ts';
import { type AdoptionGround, adoptMarks, itemOf, type KeyFloors } from './key-adoption.ts';

const BABE = SEAL.duty;
const GRANDPA = claimWith({ dutyName: 'grandpa' }).duty;
const BEFORE = grantedIn(FREE, SEAL, 'n1');
const MARK = keys.mark(CHAIN, KEY, 'babe');
const SET = keys.adoptedSet(CHAIN, KEY);

const textOf = (writes: readonly Write[], key: string) => {
  const value = writes.find((write) => write.key === key)?.value;
  return value == null ? null : Buffer.from(value).toString();
};

function ground(context: TestContext, remembered: LedgerPoint | null = null) {
  const store = memoryStore(context);
  const { clock, random } = worldOf(context);
  const point = (name: string) => (name === markName(CHAIN, KEY, 'babe') ? remembered : null);
  const ledger = { serviceId: 'service-1', point };
  const identity = { ledger: IDENTITY.ledger, epoch: IDENTITY.epoch, format: 2 } as const;
  const parts: AdoptionGround = { store, ledger, clock, random, timeoutMs: 1_000, identity };
  const adopt = (floors: readonly (readonly [Duty, Unit | null])[], change: Partial<KeyFloors> = {}) =>
    adoptMarks(parts, {
      policy: policyOf(),
      floors,
      note: 'ada: it stopped',
      check: () => undefined,
      ...change,
    });
  return { store, adopt };
}

test('a mark that was never there begins under its floor, with an entry that says who and when', async (context) => {
  const { adopt } = ground(context);
  const { compares, writes, marks, learned, written } = await adopt([
    [BABE, [7n]],
    [GRANDPA, null],
  ]);
  assert.deepEqual(
    compares,
    [MARK, keys.mark(CHAIN, KEY, 'grandpa')].map((key) => ({ key, value: null })),
  );
  assert.deepEqual(
    [learned, written],
    [[], marks.map(({ held: { mark } }) => ({ entry: mark.last, hash: mark.lastHash, decision: null }))],
  );
  const [babe, grandpa] = marks.map(({ held }) => held);
  assert.deepEqual([babe?.mark.floor, babe?.mark.seq, grandpa?.mark.floor], [[7n], 1n, null]);
  assert.equal(textOf(writes, MARK), babe?.headText);
  assert.deepEqual(decodeHead(babe?.headText ?? '', BABE).last, babe?.mark.last);
  for (const { entry } of written) {
    const { ledger, epoch, service, note, atMs, nonce } = entry;
    const said = [IDENTITY.ledger, IDENTITY.epoch, 'service-1', 'ada: it stopped', START_MS];
    assert.deepEqual([ledger, epoch, service, note, atMs], said);
    assert.match(nonce, /^[0-9a-f]{16}$/);
  }
  assert.notEqual(babe?.mark.last.nonce, grandpa?.mark.last.nonce);
});

test('a mark that is there is compared as it was read, and its last entry is learned first', async (context) => {
  const { store, adopt } = ground(context);
  await put(store, MARK, BEFORE.headText);
  const { compares, marks, learned, written } = await adopt([[BABE, [7n]]]);
  assert.equal(Buffer.from(compares[0]?.value ?? []).toString(), BEFORE.headText);
  assert.deepEqual(learned, [itemOf(BEFORE)]);
  assert.equal(written[0]?.entry.prev, BEFORE.mark.lastHash);
  assert.equal(marks[0]?.held.mark.seq, BEFORE.mark.seq + 1n);
});

test('the records of units that a floor denies for ever are removed', async (context) => {
  const { store, adopt } = ground(context);
  const enter = claimWith({ dutyName: 'grandpa', unit: [3n, 9n] });
  const { mark, headText } = grantedIn(adopted(enter), enter, 'n1');
  const unitKey = keys.unit(CHAIN, KEY, GRANDPA, [3n, 9n]);
  await put(store, keys.mark(CHAIN, KEY, 'grandpa'), headText);
  for (const one of mark.recent) await put(store, unitKey, encodeUnit(one));
  const { writes } = await adopt([[GRANDPA, [3n, 9n]]]);
  assert.deepEqual(
    writes.filter(({ key }) => key === unitKey),
    [{ key: unitKey, value: null }],
  );
});

test('the set of a floor of rounds is kept for the original protocol, and no other number', async (context) => {
  const { adopt } = ground(context);
  const setAfter = async (duty: Duty, floor: Unit | null) =>
    textOf((await adopt([[duty, floor]])).writes, SET);
  assert.equal(await setAfter(GRANDPA, [3n, 9n]), encodeRecord('set', { set: '3' }));
  assert.equal(await setAfter(GRANDPA, null), null);
  assert.equal(await setAfter(BABE, [3n]), null);
});

test('the caller sees each mark, what is remembered of it and the floor, and may refuse', async (context) => {
  const remembered = pointOf(BEFORE.mark);
  const { store, adopt } = ground(context, remembered);
  await put(store, MARK, BEFORE.headText);
  const seen: unknown[][] = [];
  await adopt(
    [
      [BABE, [7n]],
      [GRANDPA, null],
    ],
    { check: (duty, held, point, floor) => void seen.push([duty.name, held?.headText, point, floor]) },
  );
  assert.deepEqual(seen, [
    ['babe', BEFORE.headText, remembered, [7n]],
    ['grandpa', undefined, null, null],
  ]);
  const check = () => {
    throw new Error('the store is behind');
  };
  await assert.rejects(adopt([[BABE, null]], { check }), { message: 'the store is behind' });
});
