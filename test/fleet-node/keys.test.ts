// A validator moves to another machine on a real chain: keys are born in the new node, the call is submitted by somebody else, and the old node
// runs on until the new keys authored. No key is ever in two places.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { finalizedHead, genesisHash } from '@watchbill/chain';
import {
  accountNonce,
  addressOfAccount,
  callValue,
  decodeCall,
  encodeCall,
  runtimeViews,
  signedExtrinsic,
  submitExtrinsic,
} from '@watchbill/chain/extrinsics';
import {
  followRotation,
  openRotation,
  type RotationNote,
  readRotation,
  registeringCall,
} from '@watchbill/fleet/keys';
import { devKey, type RunningNode, startNodeNetwork } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { devSigner } from '../coordinate-chain/ground.ts';

const views = runtimeViews();
const STASH = Uint8Array.from(Buffer.from(devKey('Alice').stash, 'hex'));

/** As the owner of the stash would, from elsewhere. */
async function submitFor({ rpc }: RunningNode, callHex: string): Promise<void> {
  const head = await finalizedHead(rpc);
  const view = await views.at(rpc, head.hash);
  const read = decodeCall(view.metadata, Uint8Array.from(Buffer.from(callHex.slice(2), 'hex')));
  assert.equal(read.result, 'call');
  if (read.result !== 'call') return;
  const inner = callValue(read.call.pallet, read.call.call, read.call.arguments);
  const written = encodeCall(view.metadata, 'Sudo', 'sudo_as', {
    who: addressOfAccount(STASH, 42),
    call: inner,
  });
  assert.equal(written.result, 'bytes');
  if (written.result !== 'bytes') return;
  const signer = devSigner('Alice');
  const signed = signedExtrinsic({
    ...view,
    call: written.bytes,
    signer,
    nonce: await accountNonce(rpc, signer.publicKey, head.hash),
    tip: 0n,
    era: { birth: BigInt(head.number), period: 64 },
    birthHash: head.hash,
    genesis: await genesisHash(rpc),
  });
  assert.equal(signed.result, 'signed');
  if (signed.result === 'signed') assert.equal((await submitExtrinsic(rpc, signed.bytes)).result, 'accepted');
}

test('a validator moves to a new node with keys that were never anywhere else', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-keys-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('2', folder),
    folder: join(folder, 'nodes'),
    nodes: [
      { name: 'old', keys: [{ suri: '//Alice' }] },
      { name: 'bob', keys: [{ suri: '//Bob' }] },
      { name: 'new' },
    ],
    args: ['--gossip-duration-ms', '200'],
  });
  context.after(() => network.close());
  const [old, fresh] = [network.node('old'), network.node('new')];
  await fresh.untilFinalised(2);

  const file = join(folder, 'rotation.json');
  const parts = { node: fresh.rpc, nodeName: 'new', views, stash: STASH, file };
  const { rotation, isNew } = await openRotation(parts);
  assert.ok(isNew && rotation.stage === 'generated' && rotation.oldKeys !== null);
  const keystore = () => readdirSync(fresh.keystorePath).length;
  const made = keystore();
  // After a crash it goes on with the same keys.
  const again = await openRotation(parts);
  assert.ok(!again.isNew);
  assert.equal(again.rotation.keys, rotation.keys);
  assert.equal(keystore(), made, 'no other keys were made');
  await assert.rejects(openRotation({ ...parts, stash: devSigner('Bob').publicKey }), {
    code: 'other-rotation',
  });

  const notes: RotationNote['kind'][] = [];
  const stop = new AbortController();
  context.after(() => stop.abort());
  const following = followRotation(parts, rotation, {
    pollMs: 200,
    tell: ({ kind }) => notes.push(kind),
    signal: stop.signal,
  });
  await submitFor(network.node('bob'), await registeringCall(parts, rotation));
  const timer = setTimeout(() => stop.abort(), 240_000);
  const last = await following;
  clearTimeout(timer);
  assert.equal(last.stage, 'verified', notes.join());
  assert.deepEqual(notes, ['queued', 'active', 'verified']);
  assert.deepEqual(readRotation(file), last);

  // The old node is needed no more, and the chain goes on with the new one.
  await old.stop();
  const height = await fresh.finalisedNumber();
  await fresh.untilFinalised(height + 5);
  const oldFiles = new Set(readdirSync(old.keystorePath));
  assert.ok(
    !readdirSync(fresh.keystorePath).some((name) => oldFiles.has(name)),
    'no key was ever in two places',
  );
  assert.ok(!readFileSync(file, 'utf8').includes('suri'));
});
