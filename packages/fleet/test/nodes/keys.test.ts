// A validator moves to another machine on a real chain: keys are born in the new node, the call is submitted
// by somebody else, and the old node runs on until the new keys authored. No key is ever in two places.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { finalizedHead, hexOf } from '@watchbill/chain';
import { addressOfAccount, encodeCall, readStorage, runtimeViews } from '@watchbill/chain/extrinsics';
import { oldNode, openRotation, readRotation } from '@watchbill/fleet/run/keys';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { devKey, type NodeNetwork, type RunningNode, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { followPage } from '@watchbill/testkit/pages/follow';
import { DEVNODE, stamp } from '@watchbill/testkit/pages/stamp';
import { machine } from '@watchbill/testkit/pages/world';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { devSigner } from '@watchbill/testkit/scenario/chain-setup';
import { runCli } from 'watchbill';
import { submitAs } from './as-owner.ts';
import { folderUntilExit } from './folder.ts';

/** Long enough for blocks on a machine that does much else. */
const FINAL_MS = 240_000;

const PAGE = 'docs/fleet/how-to/session-keys.md#move-a-validator-to-another-machine';
const SIGNER = fileURLToPath(new URL('./dev-signer.ts', import.meta.url));
const views = runtimeViews();
const STASH = Uint8Array.from(Buffer.from(devKey('Alice').stash, 'hex'));

/** The command in a folder; what it prints, by lines. */
async function fleetKeys(folder: string, args: readonly string[]) {
  const io = realIo(folder);
  const code = await runCli(['fleet', 'keys', ...args], io);
  return { code, out: io.stdout().trim().split('\n'), err: io.stderr() };
}

/** A session of this chain is over in less than a minute. */
const untilTrue = (look: () => boolean | Promise<boolean>): Promise<boolean> =>
  waitFor('it comes to pass', look, { timeoutMs: 300_000, everyMs: 500 });

const folder = folderUntilExit('watchbill-keys-');
let network: NodeNetwork;
before(async () => {
  network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('2', folder),
    folder: join(folder, 'nodes'),
    nodes: [
      { name: 'old', keys: [{ suri: '//Alice' }] },
      { name: 'bob', keys: [{ suri: '//Bob' }] },
      { name: 'new' },
      { name: 'next' },
    ],
    args: ['--gossip-duration-ms', '200'],
  });
});
after(() => network?.close());

test('a validator moves to a new node with keys that were never anywhere else', async () => {
  const [old, fresh] = [network.node('old'), network.node('new')];
  await fresh.untilFinalised(2, FINAL_MS);
  // A node that has just caught up may still say that it syncs, and then it makes no keys.
  await untilTrue(
    async () => !(await fresh.rpc.call<{ readonly isSyncing: boolean }>('system_health', [])).isSyncing,
  );

  const file = join(folder, 'rotation.json');
  const parts = { node: fresh.rpc, nodeName: 'new', views, stash: STASH, file };
  const move = oldNode({ from: old.rpc, fromName: 'old', to: fresh.rpc });
  const backwards = oldNode({ from: fresh.rpc, fromName: 'new', to: old.rpc });
  await assert.rejects(openRotation(parts, backwards), /does not have the keys that the chain has/);
  await assert.rejects(
    openRotation(parts, oldNode({ from: old.rpc, fromName: 'old', to: old.rpc })),
    /both are one node/,
  );
  assert.equal(readRotation(file), null, 'nothing was begun');
  const { rotation, isNew } = await openRotation(parts, move);
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

  const url = (node: RunningNode) => ['--node', node.rpc.address, '--record', 'rotation.json'];
  const following = fleetKeys(folder, [
    ...['migrate', '--json', '--from', old.rpc.address, ...url(fresh), '--stash', hexOf(STASH)],
    ...['--wait', '10'],
  ]);
  const call = join(folder, 'set-keys.hex');
  await untilTrue(() => existsSync(call) && readFileSync(call, 'utf8').endsWith('\n'));
  await submitAs(network.node('bob').rpc, STASH, readFileSync(call, 'utf8').trim());
  const followed = await following;
  const kinds = followed.out.map((line) => (JSON.parse(line) as { readonly kind: string }).kind);
  assert.deepEqual(kinds, ['resumed', 'call', 'queued', 'active', 'verified', 'done'], followed.err);
  assert.equal(followed.code, 0);
  const last = readRotation(file);
  assert.ok(last !== null && last.stage === 'verified' && last.from === 'old');

  // The old node is needed no more, and the chain goes on with the new one.
  const retire = (...flags: readonly string[]) =>
    fleetKeys(folder, ['retire', ...url(fresh), '--keystore', old.keystorePath, ...flags]);
  assert.match((await retire('--margin-sessions', '1000', '--yes')).err, /is within the margin/);
  const [before, newFiles] = [readdirSync(old.keystorePath), readdirSync(fresh.keystorePath)];
  await old.stop();
  const height = await fresh.finalisedNumber();
  await fresh.untilFinalised(height + 5, FINAL_MS);
  assert.ok(!newFiles.some((name) => before.includes(name)), 'no key was ever in two places');

  // Its keys go when a session has passed, and nothing else does.
  writeFileSync(join(old.keystorePath, 'other'), 'not of these keys');
  await untilTrue(async () => (await retire('--margin-sessions', '0')).code === 0);
  assert.equal(readdirSync(old.keystorePath).length, before.length + 1, 'listing removes nothing');
  const retired = await retire('--margin-sessions', '0', '--yes');
  assert.equal(retired.code, 0, retired.err);
  assert.deepEqual([...(readRotation(file)?.removed ?? [])].sort(), [...before].sort());
  assert.deepEqual(readdirSync(old.keystorePath), ['other']);
  assert.deepEqual(readdirSync(fresh.keystorePath), newFiles);
  assert.ok(!readFileSync(file, 'utf8').includes('suri'));
});

/** The stash lets an account set its session keys, and do nothing else: as final in the state of `node`. */
async function allowProxy(delegate: Uint8Array, node: RunningNode): Promise<void> {
  const { rpc } = network.node('bob');
  const { metadata } = await views.at(rpc, (await finalizedHead(rpc)).hash);
  const written = encodeCall(metadata, 'Proxy', 'add_proxy', {
    delegate: addressOfAccount(delegate, 42),
    proxy_type: 'StakingOperator',
    delay: 0,
  });
  assert.ok(written.result === 'bytes', JSON.stringify(written));
  await submitAs(rpc, STASH, hexOf(written.bytes));
  const stash = addressOfAccount(STASH, 42);
  await untilTrue(async () => {
    const { hash } = await finalizedHead(node.rpc);
    const proxies = await readStorage(node.rpc, metadata, ['Proxy', 'Proxies'], [stash], hash);
    return JSON.stringify(proxies).includes(addressOfAccount(delegate, 42));
  });
}

test('the command of the page moves it to another node, signed for by a proxy', async () => {
  const [from, to] = [network.node('new'), network.node('next')];
  const proxy = devSigner('Bob').publicKey;
  await allowProxy(proxy, to);
  const reader = await machine('move', {});
  const sign = join(reader.folder, 'sign');
  writeFileSync(sign, `#!/bin/sh\nexec '${process.execPath}' '${SIGNER}' Bob\n`);
  chmodSync(sign, 0o755);
  await followPage(reader, PAGE, {
    table: [
      ['ws://127.0.0.1:9944', from.wsUrl, 'a free port'],
      ['ws://127.0.0.1:9955', to.wsUrl, 'a free port'],
      ['15oF4u…', addressOfAccount(STASH, 42), 'the page shortens an address'],
      ['13cLx…', addressOfAccount(proxy, 42), 'the page shortens an address'],
      [
        '--asset-hub wss://asset-hub.example',
        '--submit relay',
        'the development chain takes keys itself; packages/fleet/test/keys registers them through an Asset Hub',
      ],
    ],
    timeoutMs: FINAL_MS,
  });
  assert.equal(readRotation(join(reader.folder, 'rotation.json'))?.stage, 'verified');
  const own = readdirSync(to.keystorePath);
  assert.ok(own.length > 0 && !readdirSync(from.keystorePath).some((name) => own.includes(name)));
  stamp(PAGE, DEVNODE);
});
