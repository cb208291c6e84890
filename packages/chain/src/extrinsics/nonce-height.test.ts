import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeFault } from '../rpc/fault.ts';
import { heightOfNonce } from './nonce-height.ts';
import { chainAnswers, fakeRpc, runtimeAnswers } from './testing/fake-rpc.ts';

const account = new Uint8Array(32).fill(1);
const BEST = 1_000;

/** A chain on which the nonce 0 is used in the block of this height. */
function usedAt(used: number) {
  return fakeRpc({
    ...chainAnswers(BEST, () => []),
    ...runtimeAnswers((block) => (Number(BigInt(block)) >= used ? 1 : 0)),
  });
}

test('the block that used a nonce, in few questions', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: BEST }),
      fc.integer({ min: 1, max: BEST }),
      async (used, from) => {
        const node = usedAt(used);
        const found = await heightOfNonce(node, { account, nonce: 0, from: BigInt(from), to: BigInt(BEST) });
        assert.equal(found, BigInt(Math.max(used, from)));
        assert.ok(node.asked.filter((method) => method === 'state_call').length <= 10);
      },
    ),
  );
});

test('a node that discarded the older states shows a block of the newer ones', async () => {
  for (const [used, expected] of [
    [998, 998n],
    [746, 746n],
    [745, null],
    [300, null],
  ] as const) {
    const node = fakeRpc({
      ...chainAnswers(BEST, () => []),
      ...runtimeAnswers((block) => {
        const height = Number(BigInt(block));
        if (height < 745) throw new NodeFault('refused', 'State already discarded', { rpcCode: 4003 });
        return height >= used ? 1 : 0;
      }),
    });
    const wanted = { account, nonce: 0, from: 1n, to: BigInt(BEST) };
    assert.equal(await heightOfNonce(node, wanted), expected, `used in ${used}`);
  }
});

test('a state that is gone is not an answer; a node that is gone is a fault', async () => {
  const wanted = { account, nonce: 0, from: 1n, to: BigInt(BEST) };
  const failing = (code: 'refused' | 'lost') =>
    fakeRpc({
      ...chainAnswers(BEST, () => []),
      state_call: () => {
        throw new NodeFault(code, 'the state is discarded', { rpcCode: 4003 });
      },
    });
  assert.equal(await heightOfNonce(failing('refused'), wanted), null);
  await assert.rejects(heightOfNonce(failing('lost'), wanted), { code: 'lost' });
  const limited = fakeRpc({
    ...chainAnswers(BEST, () => []),
    state_call: () => {
      throw new NodeFault('refused', 'the node answered with HTTP status 429');
    },
  });
  await assert.rejects(heightOfNonce(limited, wanted), { code: 'refused' }, 'it may answer later');
  const stopped = { ...wanted, signal: AbortSignal.abort(new Error('enough')) };
  await assert.rejects(heightOfNonce(usedAt(5), stopped), /enough/);
});
