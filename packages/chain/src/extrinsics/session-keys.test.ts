import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asksForSessionProof } from './session-keys.ts';
import { fakeRpc } from './testing/fake-rpc.ts';

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
