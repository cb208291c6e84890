import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionKey } from '@watchbill/chain/keys';
import fc from 'fast-check';
import { type Rotation, STAGES } from './record.ts';
import { checkMayRetire, keyFile, oldKeyFiles, type RetireFacts } from './retire-rules.ts';
import { BEGUN, NEW, OLD } from './testing/rotation.ts';

const VERIFIED: Rotation = { ...BEGUN, stage: 'verified', verifiedIn: 10 };
const FREE: RetireFacts = { session: 12, nextKeys: NEW, isInUse: false };
const key = (type: string, byte: number): SessionKey => ({ type, key: new Uint8Array(32).fill(byte) });

test('old keys go when the new ones worked, a whole session passed, and nothing counts on the old ones', () => {
  checkMayRetire(VERIFIED, FREE, 1);
  checkMayRetire({ ...VERIFIED, stage: 'retired' }, FREE, 1);
  const early = { code: 'too-early' };
  assert.throws(() => checkMayRetire(VERIFIED, { ...FREE, session: 11 }, 1), early);
  assert.throws(() => checkMayRetire({ ...VERIFIED, verifiedIn: null }, FREE, 0), early);
  assert.throws(() => checkMayRetire(VERIFIED, { ...FREE, nextKeys: OLD }, 1), early);
  assert.throws(() => checkMayRetire(VERIFIED, { ...FREE, nextKeys: null }, 1), early);
  assert.throws(() => checkMayRetire(VERIFIED, { ...FREE, isInUse: true }, 1), early);
  for (const stage of STAGES.filter((one) => one !== 'verified' && one !== 'retired'))
    assert.throws(() => checkMayRetire({ ...VERIFIED, stage }, FREE, 1), early, stage);
  for (const unknown of [{ session: null }, { nextKeys: undefined }, { isInUse: null }])
    assert.throws(() => checkMayRetire(VERIFIED, { ...FREE, ...unknown }, 1), { code: 'node' });
});

test('files of old keys and of no others, in the keystore that is meant', () => {
  const [old, fresh] = [
    [key('babe', 1), key('gran', 2)],
    [key('babe', 3), key('gran', 4)],
  ];
  const [names, more] = [[...old, ...fresh].map(keyFile), ['notes.txt', keyFile(key('babe', 9))]];
  const at = { keystore: 'store', names: [...names, ...more] };
  const here = { from: null, node: 'n' };
  const move = { from: 'a', node: 'b' };
  assert.deepEqual(oldKeyFiles(at, here, old, fresh), old.map(keyFile).sort());
  const left = { keystore: 'store', names: [...old.map(keyFile), ...more] };
  assert.deepEqual(oldKeyFiles(left, move, old, fresh), old.map(keyFile).sort());
  assert.throws(() => oldKeyFiles(left, here, old, fresh), /not that of n/);
  assert.throws(() => oldKeyFiles(at, move, old, fresh), /some were copied/);
  assert.throws(
    () => oldKeyFiles({ keystore: 'store', names: more }, here, old, fresh),
    /no file of the old keys/,
  );
  // A run that removed them all was killed before it wrote so.
  const gone = { keystore: 'store', names: [...fresh.map(keyFile), ...more] };
  const removed = old.map(keyFile);
  assert.deepEqual(oldKeyFiles(gone, { ...here, removed }, old, fresh), []);
  assert.throws(
    () => oldKeyFiles(gone, { ...here, removed: removed.slice(1) }, old, fresh),
    /no file of the old keys/,
  );
  assert.throws(() => oldKeyFiles(gone, { ...move, removed }, old, fresh), /some were copied/);
});

test('whatever is in a keystore, no file of a new key is ever named', () => {
  const some = fc.array(fc.record({ type: fc.constantFrom('babe', 'gran'), byte: fc.nat({ max: 5 }) }), {
    maxLength: 6,
  });
  const keysOf = (list: readonly { readonly type: string; readonly byte: number }[]) =>
    list.map(({ type, byte }) => key(type, byte));
  fc.assert(
    fc.property(some, some, some, fc.boolean(), (one, other, third, isMove) => {
      const [old, fresh, there] = [keysOf(one), keysOf(other), keysOf(third).map(keyFile)];
      let files: readonly string[] = [];
      try {
        files = oldKeyFiles(
          { keystore: 's', names: there },
          { from: isMove ? 'a' : null, node: 'n' },
          old,
          fresh,
        );
      } catch {
        return;
      }
      const kept = fresh.map(keyFile);
      assert.ok(
        files.every(
          (name) => old.map(keyFile).includes(name) && !kept.includes(name) && there.includes(name),
        ),
      );
    }),
  );
});
