import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexOf } from '@watchbill/chain';
import { known, unknown } from './known.ts';
import { rowsOf } from './roster.ts';
import { currentKeys, holdsKey, sessionsLeft } from './session.ts';
import { compactLength } from './testing/rows.ts';

const key = (byte: number) => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`;
const joined = (...keys: readonly string[]) => `0x${keys.map((one) => one.slice(2)).join('')}`;
const OLD = joined(key(1), key(2));
const NEW = joined(key(3), key(4));
const signing = (babe: number, gran: number) =>
  known([
    { type: 'babe' as const, key: key(babe) },
    { type: 'gran' as const, key: key(gran) },
  ]);

test('new keys sign after two more sessions, then one, then now', () => {
  const left = (next: string, queued: string | null, current: ReturnType<typeof signing>) =>
    sessionsLeft(known(next), known(queued), current);
  assert.deepEqual(left(OLD, OLD, signing(1, 2)), known(0));
  assert.deepEqual(left(NEW, OLD, signing(1, 2)), known(2));
  assert.deepEqual(left(NEW, NEW, signing(1, 2)), known(1));
  assert.deepEqual(left(NEW, NEW, signing(3, 4)), known(0));
  // Its own key authors already, and the other's votes: not all of them sign yet.
  assert.deepEqual(left(NEW, NEW, signing(3, 2)), known(1));
});

test('when keys sign is unknown for one that is not in the next set, that has none, or of whom not all is known', () => {
  const why = unknown('the node is gone');
  for (const doubtful of [
    sessionsLeft(known(NEW), known(null), known(null)),
    sessionsLeft(known(null), known(null), known(null)),
    sessionsLeft(why, known(OLD), signing(1, 2)),
    sessionsLeft(known(NEW), why, signing(1, 2)),
    sessionsLeft(known(NEW), known(NEW), why),
  ])
    assert.equal(doubtful.known, false);
  // In the next set for the first time: its keys sign with the next session.
  assert.deepEqual(sessionsLeft(known(NEW), known(NEW), known(null)), known(1));
});

test('the keys that sign now are those at the place of the account, and unknown where places do not match', () => {
  const accounts = known([key(11), key(12)]);
  const authors = known({ type: 'babe' as const, keys: [key(1), key(3)] });
  const voters = known([key(2), key(4)]);
  assert.deepEqual(currentKeys({ accounts, authors, voters }, key(12)), signing(3, 4));
  assert.deepEqual(currentKeys({ accounts, authors, voters }, key(13)), known(null));
  assert.equal(currentKeys({ accounts, authors, voters: known([key(2)]) }, key(12)).known, false);
  assert.equal(currentKeys({ accounts: unknown('no'), authors, voters }, key(12)).known, false);
  const without = currentKeys({ accounts, authors, voters: unknown('no GRANDPA') }, key(12));
  assert.deepEqual(without, known([{ type: 'babe', key: key(3) }]));
});

test('a key is found at a border of bytes only', () => {
  assert.ok(holdsKey(NEW, key(4)));
  assert.ok(!holdsKey(NEW, key(1)));
  // 0x0303… also holds 3030…, half a byte later.
  assert.ok(!holdsKey(joined(key(3), key(3)), key(0x30)));
});

test('rows of one length are separated by the length of their list, and others are not', () => {
  for (const count of [0, 1, 63, 64, 20_000]) {
    const body = Buffer.alloc(count * 33, 7);
    const rows = rowsOf(Buffer.concat([compactLength(count), body]), () => true);
    assert.equal(rows?.length, count);
    if (count > 0) assert.equal(hexOf(rows?.at(-1) ?? new Uint8Array()), `0x${'07'.repeat(33)}`);
  }
  const odd = Buffer.concat([compactLength(2), Buffer.alloc(65)]);
  assert.equal(
    rowsOf(odd, () => true),
    null,
  );
  assert.equal(
    rowsOf(Buffer.concat([compactLength(2), Buffer.alloc(40)]), (bytes) => bytes === 32),
    null,
  );
  assert.equal(
    rowsOf(new Uint8Array(), () => true),
    null,
  );
});
