// The runtime's own part: who validates, with which keys, and what it refuses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfHex, finalizedHead, grandpaAuthorities, hexOf } from '@watchbill/chain';
import {
  addressOfAccount,
  type DispatchResult,
  type ExtrinsicSigner,
  type Json,
  makeSessionKeys,
  nextSessionKeys,
  readStorage,
  submitExtrinsic,
} from '@watchbill/chain/extrinsics';
import { followExtrinsic } from '@watchbill/chain/testing';
import { devKey, type RunningNode, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { devSigner, finalisedHeights, signedCall, views } from '@watchbill/testkit/scenario/chain-setup';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

const NAMES = ['alice', 'bob', 'charlie', 'dave'] as const;
const FOLLOW_MS = 180_000;
/**
 * In force two sessions on, and a session is 20 slots of a second; a late slot or two is no fault of the
 * runtime.
 */
const IN_FORCE = { timeoutMs: 240_000, everyMs: 500 };

const addressOf = (publicKey: Uint8Array): string => addressOfAccount(publicKey, 42);

/** What became of a call, once it is in a finalised block. */
async function done(
  { rpc: node }: RunningNode,
  signer: ExtrinsicSigner,
  call: readonly [string, string, Json],
): Promise<DispatchResult | string | null> {
  const { signed, nonce, from } = await signedCall(node, signer, call);
  const submission = await submitExtrinsic(node, signed.bytes);
  if (submission.result !== 'accepted') return submission.result;
  const followed = { node, views, account: signer.publicKey, nonce, from };
  const end = await followExtrinsic(followed, {
    heights: finalisedHeights(node, FOLLOW_MS),
    until: from + 63n,
  });
  return end.result === 'finalised' ? end.landed.dispatch : end.result;
}

async function listed({ rpc: node }: RunningNode, pallet: string): Promise<readonly string[]> {
  const { hash } = await finalizedHead(node);
  const { metadata } = await views.at(node, hash);
  const reading = await readStorage(node, metadata, [pallet, 'Validators'], [], hash);
  assert.ok(reading.result === 'value');
  return reading.value as readonly string[];
}

test('root adds and removes validators; who has no keys, is there or is not there is refused', async (context) => {
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, '4'),
    nodes: NAMES.map((name) => ({
      name,
      keys: [{ suri: `//${name.charAt(0).toUpperCase()}${name.slice(1)}` }],
    })),
    args: ['--gossip-duration-ms', '500'],
  });
  context.after(() => network.close());
  const node = network.node('alice');
  await node.untilFinalised(2);
  const [alice, bob] = [devSigner('Alice'), devSigner('Bob')];
  const validator = addressOf(bytesOfHex(`0x${devKey('Eve').stash}`, 'an account'));
  const change = (call: string, value: Json): Json => ({
    call: { type: 'ValidatorSet', value: { type: call, value } },
  });
  const asRoot = (call: string, value: Json) => done(node, alice, ['Sudo', 'sudo', change(call, value)]);
  const failed = (error: string) => ({ result: 'failed', error: `ValidatorSet.${error}`, inner: true });
  const ok = { result: 'ok' };
  const four = await listed(node, 'ValidatorSet');
  assert.equal(four.length, 4);

  assert.deepEqual(await asRoot('add_validator', { validator }), ok);
  assert.deepEqual(await listed(node, 'ValidatorSet'), [...four, validator]);
  assert.deepEqual(await asRoot('add_validator', { validator }), failed('AlreadyThere'));
  assert.deepEqual(await asRoot('add_validator', { validator: addressOf(bob.publicKey) }), failed('NoKeys'));
  assert.deepEqual(
    await asRoot('remove_validator', { validator: addressOf(bob.publicKey) }),
    failed('NotThere'),
  );
  assert.deepEqual(await asRoot('set_validators', { validators: [] }), failed('NoValidators'));
  assert.deepEqual(
    await done(node, bob, ['ValidatorSet', 'remove_validator', { validator }]),
    { result: 'failed', error: 'BadOrigin', inner: false },
    'only root',
  );

  // Keys of the node's own making are taken with the proof of their owner, and with no other.
  const fresh = await makeSessionKeys(node.rpc, bob.publicKey);
  const keysWith = (proof: Uint8Array) =>
    done(node, bob, ['Session', 'set_keys', { keys: partsOf(fresh.keys), proof: hexOf(proof) }]);
  const other = await makeSessionKeys(node.rpc, alice.publicKey);
  assert.deepEqual(await keysWith(other.proof), {
    result: 'failed',
    error: 'Session.InvalidProof',
    inner: false,
  });
  assert.deepEqual(await keysWith(fresh.proof), ok);
  const head = (await finalizedHead(node.rpc)).hash;
  const { metadata } = await views.at(node.rpc, head);
  assert.deepEqual(await nextSessionKeys(node.rpc, metadata, bob.publicKey, head), fresh.keys);

  const inForce = async (count: number): Promise<boolean> => {
    const { hash } = await finalizedHead(node.rpc);
    return (await grandpaAuthorities(node.rpc, hash)).length === count;
  };
  await waitFor('five validators are in force', () => inForce(5), IN_FORCE);
  assert.deepEqual(await listed(node, 'Session'), [...four, validator]);
  assert.deepEqual(await asRoot('remove_validator', { validator }), ok);
  await waitFor('four validators are in force again', () => inForce(4), IN_FORCE);
  assert.deepEqual(await listed(node, 'Session'), four);
});

/** The parts of session keys in the order in which the runtime of a BABE chain encodes them. */
function partsOf(keys: Uint8Array): Json {
  const part = (index: number): string => hexOf(keys.slice(32 * index, 32 * (index + 1)));
  return { grandpa: part(0), babe: part(1), im_online: part(2), authority_discovery: part(3) };
}
