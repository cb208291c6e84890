import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeRpc } from '../rpc/port.ts';
import { extrinsicFee } from './fee.ts';

const EXTRINSIC = Uint8Array.of(8, 4, 9);
const BLOCK = `0x${'33'.repeat(32)}`;
/** 1,000 as 16 bytes. */
const FEE = `e803${'00'.repeat(14)}`;

function answering(answer: string): { readonly node: NodeRpc; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const node: NodeRpc = {
    address: 'test',
    call: async <T>(method: string, params: readonly unknown[] = []) => {
      asked.push([method, ...params]);
      return answer as T;
    },
    subscribe: () => Promise.reject(new Error('not here')),
    close: () => {},
  };
  return { node, asked };
}

test('the runtime is asked with the extrinsic and its length', async () => {
  const { node, asked } = answering(`0x040400${FEE}`);
  assert.equal(await extrinsicFee(node, EXTRINSIC, BLOCK), 1_000n);
  assert.deepEqual(asked, [['state_call', 'TransactionPaymentApi_query_info', '0x08040903000000', BLOCK]]);
});

test('weights of one number and of two are passed over; anything else is malformed', async () => {
  const old = `0x${'01'.repeat(8)}02${FEE}`;
  assert.equal(await extrinsicFee(answering(old).node, EXTRINSIC, BLOCK), 1_000n);
  for (const answer of ['0x', `0x${FEE}`, `0x040403${FEE}`, `0x${'04'.repeat(20)}00${FEE}`])
    await assert.rejects(extrinsicFee(answering(answer).node, EXTRINSIC, BLOCK), { code: 'malformed' });
});
