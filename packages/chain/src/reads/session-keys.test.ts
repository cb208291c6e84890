import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeRpc } from '../extrinsics/testing/fake-rpc.ts';
import { hexOf } from '../scale/hex.ts';
import { registeredSessionKeys, sessionKeyOwner, splitSessionKeys } from './session-keys.ts';

const KEYS = Uint8Array.of(...new Uint8Array(32).fill(1), ...new Uint8Array(33).fill(2));

test('session keys are taken apart by the runtime, each with its type', async () => {
  const one = [128, ...KEYS.subarray(0, 32), ...Buffer.from('gran')];
  const two = [132, ...KEYS.subarray(32), ...Buffer.from('beef')];
  const asked: unknown[] = [];
  const node = fakeRpc({
    state_call: ([name, argument]) => {
      asked.push(name, argument);
      return hexOf(Uint8Array.of(1, 8, ...one, ...two));
    },
  });
  const split = await splitSessionKeys(node, KEYS, '0x00');
  assert.deepEqual(split, [
    { type: 'gran', key: KEYS.slice(0, 32) },
    { type: 'beef', key: KEYS.slice(32) },
  ]);
  // 65 bytes, with their length before them.
  assert.deepEqual(asked, ['SessionKeys_decode_session_keys', `0x0501${Buffer.from(KEYS).toString('hex')}`]);
});

test('keys of another shape are none, and an answer that is cut is a fault', async () => {
  assert.equal(await splitSessionKeys(fakeRpc({ state_call: () => '0x00' }), KEYS, '0x00'), null);
  await assert.rejects(splitSessionKeys(fakeRpc({ state_call: () => '0x0108' }), KEYS, '0x00'), {
    code: 'malformed',
  });
});

const STASH = Uint8Array.from(
  Buffer.from('be5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f', 'hex'),
);
const OTHER = new Uint8Array(32).fill(7);
// As the metadata library of the extrinsics makes them: the account of Alice's stash, hashed by Twox64Concat.
const NEXT_KEYS =
  '0xcec5070d609dd3497f72bde07fc96ba04c014e6bf8b8c2c011e7290b85696bb3e535263148daaf49be5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f';
const QUEUED_KEYS = '0xcec5070d609dd3497f72bde07fc96ba0e0cdd062e6eaf24295ad4ccfc41d4609';
const gran = (byte: number) => new Uint8Array(32).fill(byte);

/** A runtime whose session keys are one `gran` key. */
const chainWith = (stored: Readonly<Record<string, Uint8Array>>) =>
  fakeRpc({
    state_getStorage: ([key]) => {
      const value = stored[String(key)];
      return value === undefined ? null : hexOf(value);
    },
    state_call: ([, argument]) => {
      const keys = Buffer.from(String(argument).slice(4), 'hex');
      return hexOf(Uint8Array.of(1, 4, 128, ...keys, ...Buffer.from('gran')));
    },
  });

test('the registered keys of a validator are those of the next session and of the last setKeys', async () => {
  const queued = Uint8Array.of(8, ...OTHER, ...gran(3), ...STASH, ...gran(1));
  const node = chainWith({ [NEXT_KEYS]: gran(2), [QUEUED_KEYS]: queued });
  assert.deepEqual(await registeredSessionKeys(node, STASH, '0x00'), {
    next: [{ type: 'gran', key: gran(2) }],
    queued: [{ type: 'gran', key: gran(1) }],
  });
});

test('a validator without keys, and one that is not in the next set, have none there', async () => {
  assert.deepEqual(await registeredSessionKeys(chainWith({}), STASH, '0x00'), { next: null, queued: null });
  const others = Uint8Array.of(4, ...OTHER, ...gran(3));
  const node = chainWith({ [NEXT_KEYS]: gran(2), [QUEUED_KEYS]: others });
  assert.equal((await registeredSessionKeys(node, STASH, '0x00')).queued, null);
  const empty = chainWith({ [QUEUED_KEYS]: Uint8Array.of(0) });
  assert.equal((await registeredSessionKeys(empty, STASH, '0x00')).queued, null);
});

test('queued keys of another length than the registered ones, and keys of another shape, are a fault', async () => {
  const cut = Uint8Array.of(4, ...STASH, ...gran(1).subarray(1));
  const malformed = { code: 'malformed' };
  await assert.rejects(
    registeredSessionKeys(chainWith({ [NEXT_KEYS]: gran(2), [QUEUED_KEYS]: cut }), STASH, '0x00'),
    malformed,
  );
  const node = fakeRpc({ state_getStorage: () => hexOf(gran(1)), state_call: () => '0x00' });
  await assert.rejects(registeredSessionKeys(node, STASH, '0x00'), malformed);
});

test('the owner of a key is looked up by its type, its length and the key', async () => {
  // As the metadata library makes it for ("gran", 32 bytes of 1).
  const key =
    '0xcec5070d609dd3497f72bde07fc96ba0726380404683fc89e8233450c8aa1950d7ebaeb848e244cc6772616e800101010101010101010101010101010101010101010101010101010101010101';
  const node = chainWith({ [key]: STASH });
  assert.deepEqual(await sessionKeyOwner(node, { type: 'gran', key: gran(1) }, '0x00'), STASH);
  assert.equal(await sessionKeyOwner(node, { type: 'babe', key: gran(1) }, '0x00'), null);
});
