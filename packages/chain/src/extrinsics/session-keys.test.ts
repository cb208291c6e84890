import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexOf } from '../scale/hex.ts';
import { asksForSessionProof, splitSessionKeys } from './session-keys.ts';
import { fakeRpc } from './testing/fake-rpc.ts';

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

test('a runtime asks for a proof, asks for none, or does not tell', async () => {
  const asks = (apis: unknown) =>
    asksForSessionProof(fakeRpc({ state_getRuntimeVersion: () => ({ apis }) }), '0x00');
  const api = '0xab3c0572291feb8b';
  assert.equal(
    await asks([
      ['0x00', 9],
      [api, 2],
    ]),
    true,
  );
  assert.equal(await asks([[api, 1]]), false);
  for (const unknown of [[], [['0x00', 2]], undefined, [[api]]]) assert.equal(await asks(unknown), null);
});
