import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeFault } from '../rpc/fault.ts';
import { accountOfText, addressOfAccount } from './account.ts';
import { callWeight } from './fee.ts';
import { multisigAccount, multisigOwners } from './multisig.ts';
import { fakeRpc } from './testing/fake-rpc.ts';

/** The well-known accounts of development chains. */
const DEVELOPMENT = [
  '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY',
  '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty',
  '5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y',
].map((text) => accountOfText(text) ?? new Uint8Array());

test('the account of two of Alice, Bob and Charlie is the one that wallets show, in any order', () => {
  for (const signatories of [DEVELOPMENT, DEVELOPMENT.toReversed()]) {
    const account = multisigAccount(multisigOwners(signatories, 2));
    assert.equal(addressOfAccount(account, 42), '5DjYJStmdZ2rcqXbXGX7TW85JsrW6uG4y9MUcLq2BoPMpRA7');
  }
  const three = multisigAccount(multisigOwners(DEVELOPMENT, 3));
  assert.notEqual(addressOfAccount(three, 42), '5DjYJStmdZ2rcqXbXGX7TW85JsrW6uG4y9MUcLq2BoPMpRA7');
});

test('the weight of a call is two compact numbers before the class and the fee', async () => {
  const answer = (weight: string) => fakeRpc({ state_call: () => `0x${weight}00${'00'.repeat(16)}` });
  assert.deepEqual(await callWeight(answer('0408'), Uint8Array.of(0), '0x'), { refTime: 1n, proofSize: 2n });
  await assert.rejects(callWeight(answer('04'), Uint8Array.of(0), '0x'), NodeFault);
  await assert.rejects(callWeight(answer('040404'), Uint8Array.of(0), '0x'), NodeFault);
});
