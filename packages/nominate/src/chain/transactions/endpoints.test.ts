import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { hexOf, NodeFault, type NodeRpc } from '@watchbill/chain';
import {
  encodeCall,
  type RuntimeViews,
  readMetadata,
  runtimeViews,
  signedExtrinsic,
} from '@watchbill/chain/extrinsics';
import { keyFromSecret } from '@watchbill/chain/keys';
import { firstAnswer, inOrder, readNewest } from './endpoints.ts';
import { searchExtrinsic } from './search.ts';
import { submitEverywhere } from './submit.ts';
import { fakeBlockHash, fakeEndpoints, fakeNode } from './testing/fake-node.ts';

const signal = new AbortController().signal;
const ACCOUNT = `0x${'11'.repeat(32)}`;
const gone = () => fakeNode('gone', { height: 9n, gone: true });
const good = (height = 9n) => fakeNode('good', { height });

describe('one endpoint after the other', () => {
  test('the healthy ones first, and never one of another chain', () => {
    const standings = ['silent', 'other-chain', 'behind', 'not-seen', 'fit', 'old'] as const;
    const seats = standings.map((standing) => [fakeNode(standing, { height: 1n }), standing] as const);
    const order = inOrder(fakeEndpoints(seats)).map(({ address }) => address);
    assert.deepEqual(order, ['fit', 'not-seen', 'behind', 'old', 'silent']);
  });

  test('the first answer counts; if there is none, the last fault', async () => {
    const ask = (node: NodeRpc) => node.call('chain_getBlockHash', [1]);
    const some = fakeEndpoints([
      [gone(), 'fit'],
      [good(), 'fit'],
    ]);
    assert.equal(await firstAnswer(some, signal, ask), fakeBlockHash(1n));
    const none = fakeEndpoints([[gone(), 'fit']]);
    await assert.rejects(firstAnswer(none, signal, ask), /gone is gone/);
    await assert.rejects(
      firstAnswer(fakeEndpoints([]), signal, async () => 1),
      /no endpoint/,
    );
    let asked = 0;
    const bug = new TypeError('a mistake');
    const buggy = (): Promise<never> => {
      asked += 1;
      return Promise.reject(bug);
    };
    await assert.rejects(firstAnswer(some, signal, buggy), bug);
    assert.equal(asked, 1, 'a mistake of ours is not tried on others');
    await assert.rejects(firstAnswer(some, AbortSignal.abort(), async () => 1));
  });

  test('without a usable endpoint, facts are not invented', async () => {
    await assert.rejects(
      readNewest(fakeEndpoints([]), signal, async () => 1),
      NodeFault,
    );
  });
});

describe('searching', () => {
  const wanted = { account: ACCOUNT, nonce: 3, from: 2n, to: { height: 9n, hash: fakeBlockHash(9n) } };
  const views = runtimeViews();

  test('a nonce that is free in the state of the block is in no block up to it', async () => {
    const node = fakeNode('free', { height: 9n, nonceAt: () => 3 });
    assert.deepEqual(await searchExtrinsic(fakeEndpoints([[node, 'fit']]), views, wanted, signal), {
      result: 'not-found',
      until: 9n,
      inBlock: null,
    });
  });

  test('an endpoint without the block gives no answer, and another one is asked', async () => {
    const behind = fakeNode('behind', { height: 8n });
    const fork = fakeNode('fork', { height: 9n, chain: '1' });
    for (const node of [behind, fork]) {
      const alone = fakeEndpoints([[node, 'fit']]);
      await assert.rejects(searchExtrinsic(alone, views, wanted, signal), /does not hold/);
      const both = fakeEndpoints([
        [node, 'fit'],
        [good(), 'fit'],
      ]);
      assert.equal((await searchExtrinsic(both, views, wanted, signal)).result, 'not-found');
    }
  });

  test('a nonce that is used, by something that cannot be read, is no "not found"', async () => {
    const node = fakeNode('used', { height: 9n, nonceAt: (height) => (height >= 5n ? 4 : 3) });
    await assert.rejects(searchExtrinsic(fakeEndpoints([[node, 'fit']]), views, wanted, signal), NodeFault);
    const bodies = node.asked.filter((method) => method === 'chain_getBlock');
    assert.equal(bodies.length, 1, 'and only the block that used it is read');
  });
});

describe('searching after a long stop', () => {
  const metadata = readMetadata(
    gunzipSync(
      readFileSync(
        new URL('../../../../chain/src/extrinsics/testing/devnet-metadata.scale.gz', import.meta.url),
      ),
    ),
  );
  const signer = keyFromSecret('ed25519', new Uint8Array(32).fill(7));
  const extrinsic = (nonce: number): string => {
    const call = encodeCall(metadata, 'System', 'remark', { remark: '0x00' });
    assert.ok(call.result === 'bytes');
    const genesis = fakeBlockHash(0n);
    const signed = signedExtrinsic({
      ...{ metadata, signer, nonce, call: call.bytes, tip: 0n, specVersion: 1, transactionVersion: 1 },
      ...{ era: { birth: 2n, period: 64 }, birthHash: genesis, genesis },
    });
    assert.ok(signed.result === 'signed');
    return hexOf(signed.bytes);
  };
  const discarded = new NodeFault('refused', 'State already discarded', { rpcCode: 4003 });
  const views: RuntimeViews = {
    at: async (_node, block) => {
      if (block !== fakeBlockHash(9n)) throw discarded;
      return { specName: 'fake', specVersion: 1, transactionVersion: 1, metadata };
    },
  };

  test('a node without the old states shows what used the nonce, and no result of it', async () => {
    const node = fakeNode('pruned', {
      height: 9n,
      nonceAt: (height) => {
        if (height < 9n) throw discarded;
        return 4;
      },
      blockAt: (height) => (height === 5n ? [extrinsic(3)] : []),
    });
    const to = { height: 9n, hash: fakeBlockHash(9n) };
    const wanted = { account: hexOf(signer.publicKey), nonce: 3, from: 2n, to };
    const answer = await searchExtrinsic(fakeEndpoints([[node, 'fit']]), views, wanted, signal);
    assert.ok(answer.result === 'found');
    assert.deepEqual([answer.height, answer.call, answer.dispatch], [5n, '0x00000400', null]);
  });

  test('an answer that is late is no lost result: the search is tried again', async () => {
    const every: RuntimeViews = {
      at: async () => ({ specName: 'fake', specVersion: 1, transactionVersion: 1, metadata }),
    };
    const node = fakeNode('slow', {
      height: 9n,
      nonceAt: (height) => (height >= 5n ? 4 : 3),
      blockAt: (height) => (height === 5n ? [extrinsic(3)] : []),
    });
    const slow: NodeRpc = {
      ...node,
      call: (method, params, options) =>
        method === 'state_getStorage'
          ? Promise.reject(new NodeFault('timeout', 'slow did not answer'))
          : node.call(method, params, options),
    };
    const to = { height: 9n, hash: fakeBlockHash(9n) };
    const wanted = { account: hexOf(signer.publicKey), nonce: 3, from: 2n, to };
    const asked = searchExtrinsic(fakeEndpoints([[slow, 'fit']]), every, wanted, signal);
    await assert.rejects(asked, { code: 'timeout' });
  });
});

describe('submitting', () => {
  const refuse = (rpcCode: number) => () => {
    throw new NodeFault('refused', 'no', { rpcCode });
  };

  test('every endpoint gets it, and the best answer counts', async () => {
    const nodes = [
      fakeNode('a', { height: 9n, submit: refuse(1010) }),
      fakeNode('b', { height: 9n, submit: refuse(1013) }),
      fakeNode('c', { height: 9n }),
      gone(),
    ];
    const answer = await submitEverywhere(fakeEndpoints(nodes.map((node) => [node, 'fit'])), '0x04');
    assert.deepEqual(answer, { result: 'accepted', detail: 'c' });
    for (const { asked } of nodes) assert.deepEqual(asked, ['author_submitExtrinsic']);
    const worse = await submitEverywhere(
      fakeEndpoints(nodes.slice(0, 1).map((node) => [node, 'fit'])),
      '0x04',
    );
    assert.equal(worse.result, 'refused');
  });

  test('no bytes go to another chain; without endpoints the facts are unknown', async () => {
    const other = fakeNode('other', { height: 9n });
    const answer = await submitEverywhere(fakeEndpoints([[other, 'other-chain']]), '0x04');
    assert.equal(answer.result, 'unknown');
    assert.deepEqual(other.asked, []);
  });
});
