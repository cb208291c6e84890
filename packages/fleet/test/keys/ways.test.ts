// Session keys go through the Asset Hub of 2026 to its relay: signed by a program, by a proxy, and by a
// person with a file; what is refused before anything is signed; what is done when the message is lost.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { account, fund, sessionKeysOf } from '@watchbill/testkit/chopsticks';
import { arrive, makeGround, onAssetHub, recordOf, rotateArgs, runKeys } from './ground.ts';

test('keys are registered through Asset Hub in every way, once', { timeout: 480_000 }, async (context) => {
  const ground = await makeGround(context, ['direct', 'proxied', 'by hand', 'unheard']);
  const { pair, hub, folder } = ground;

  await context.test('by a program of one’s own', async () => {
    const stash = account('direct');
    const node = await ground.nodeOf(stash);
    const stranger = account('stranger');
    const strange = runKeys(
      folder,
      rotateArgs(ground, await ground.nodeOf(stranger), stranger, 'stranger', 'stranger.json'),
    );
    assert.match(await strange.refusal(), /not a validator on Asset Hub/);
    const elsewhere = rotateArgs({ ...ground, hub: node }, node, stash, 'direct', 'direct.json');
    assert.match(await runKeys(folder, elsewhere).refusal(), /no pallet StakingRcClient/);
    const liar = runKeys(folder, rotateArgs(ground, node, stash, 'another', 'direct.json'));
    assert.match(await liar.refusal(), /signature is not one of/);
    assert.equal(hub.submitted.length, 0);
    const run = runKeys(folder, rotateArgs(ground, node, stash, 'direct', 'direct.json'));
    await run.told('sent');
    const second = runKeys(folder, rotateArgs(ground, node, stash, 'direct', 'direct.json'));
    assert.match(await second.refusal(), /process \d+ works on/);
    const other = runKeys(folder, rotateArgs(ground, node, stash, 'direct', 'other.json'));
    assert.match(await other.refusal(), /another rotation of this stash is open/);
    await pair.assetHubBlock();
    await run.told('on-the-way');
    assert.equal(recordOf(ground, 'direct.json').stage, 'onTheWay');
    await arrive(ground, run);
    assert.deepEqual(run.kinds(), ['resumed', 'submitted', 'sent', 'included', 'on-the-way', 'queued']);
    assert.equal(hub.submitted.length, 1);
    const { stage, keys, submission } = recordOf(ground, 'direct.json');
    assert.deepEqual([stage, keys, submission?.handed], ['queued', sessionKeysOf(stash).keys, 1]);
  });

  await context.test('by a proxy that can do nothing else', async () => {
    const [stash, delegate] = [account('proxied'), account('operator')];
    const node = await ground.nodeOf(stash);
    const args = [...rotateArgs(ground, node, stash, 'operator', 'proxied.json'), '--proxy', delegate.key];
    assert.match(await runKeys(folder, args).refusal(), /is not a StakingOperator proxy/);
    const proxy = { delegate: delegate.key, proxy_type: { type: 'StakingOperator' }, delay: 0 };
    await onAssetHub(ground, stash, ['Proxy', 'add_proxy', proxy], 2);
    assert.match(await runKeys(folder, args).refusal(), /can spend 0 planck/);
    await fund(pair.assetHub, [delegate], 10n);
    await pair.assetHubBlock();
    const wrong = runKeys(folder, [...args, '--proxy-type', 'Staking']);
    assert.match(await wrong.refusal(), /is not a Staking proxy of the stash, only one of another type/);
    const run = runKeys(folder, args);
    await run.told('sent');
    await pair.assetHubBlock();
    await run.told('on-the-way');
    await arrive(ground, run);
    assert.equal(hub.submitted.length, 2);
  });

  await context.test('by a person, with a payload that goes out and a signature that comes in', async () => {
    const stash = account('by hand');
    const node = await ground.nodeOf(stash);
    const args = [
      ...['rotate', '--json', '--node', node.url, '--stash', stash.key, '--record', 'hand.json'],
      ...['--asset-hub', hub.url, '--payload-out', 'sign-me.json'],
    ];
    const ask = async (): Promise<{
      readonly id: string;
      readonly message: string;
      readonly stash: string;
    }> => {
      const run = runKeys(folder, args);
      assert.equal((await run.ended).code, 0);
      return JSON.parse(readFileSync(join(folder, 'sign-me.json'), 'utf8'));
    };
    const request = await ask();
    await pair.assetHubBlock();
    assert.deepEqual(await ask(), request, 'asked again a block later, it asks the same');
    const early = runKeys(folder, ['abort', '--record', 'hand.json']);
    assert.match(await early.refusal(), /its signer may submit the extrinsic/);
    const signature = stash.signer.sign(Uint8Array.from(Buffer.from(request.message.slice(2), 'hex')));
    const answer = { id: request.id, signature: `0x${Buffer.from(signature).toString('hex')}` };
    writeFileSync(join(folder, 'signed.json'), JSON.stringify(answer));
    const run = runKeys(folder, [...args, '--signature-in', 'signed.json']);
    await run.told('sent');
    await pair.assetHubBlock();
    await run.told('on-the-way');
    await arrive(ground, run);
    assert.equal(hub.submitted.length, 3);
  });

  await context.test('on the relay itself, where it takes keys', async () => {
    const stash = account('ashore');
    const node = await ground.nodeOf(stash);
    await fund(pair.relay, [stash]);
    const [rotate = '', ...flags] = rotateArgs(ground, node, stash, 'ashore', 'ashore.json');
    const own = flags.filter((flag) => flag !== '--asset-hub' && flag !== hub.url);
    const run = runKeys(folder, [rotate, ...own, '--submit', 'relay']);
    await run.told('sent');
    await arrive(ground, run);
    assert.equal(node.submitted.length, 1);
  });

  await context.test('a message that is lost ends with an alert, and nothing is sent twice', async () => {
    const stash = account('unheard');
    const node = await ground.nodeOf(stash);
    const args = [...rotateArgs(ground, node, stash, 'unheard', 'unheard.json'), '--message-blocks', '3'];
    const run = runKeys(folder, args);
    await run.told('sent');
    // Made without carrying what it sends.
    await pair.assetHub.newBlock();
    await run.told('on-the-way');
    for (let block = 0; block < 4; block += 1) await pair.relay.newBlock();
    const { code: stop } = await run.told('stop');
    assert.equal(stop, 'message-late');
    assert.equal((await run.ended).code, 4);
    const again = runKeys(folder, args);
    assert.equal((await again.told('stop')).code, 'message-late');
    await again.ended;
    assert.equal(hub.submitted.length, 4);
    const record = recordOf(ground, 'unheard.json');
    assert.deepEqual([record.stage, record.isLate, record.submission?.handed], ['onTheWay', true, 1]);
    const aborted = runKeys(folder, ['abort', '--json', '--record', 'unheard.json']);
    assert.deepEqual([(await aborted.ended).code, (await aborted.told('aborted')).registered], [0, true]);
  });
});
