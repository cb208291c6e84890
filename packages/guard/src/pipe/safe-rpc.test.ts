import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { refuseUnsafeCommand, refuseUnsafeRpc } from './safe-rpc.ts';

const NODE = ['polkadot', '--validator'];

describe('the command of a node with a key pipe', () => {
  it('has safe RPC methods, in either form', () => {
    for (const flags of [
      ['--rpc-methods', 'safe'],
      ['--rpc-methods=safe'],
      ['--rpc-methods', 'Safe', '--experimental-rpc-endpoint', 'listen-addr=127.0.0.1:9955,methods=safe'],
    ])
      refuseUnsafeCommand([...NODE, ...flags]);
  });

  it('is refused with any other, or with none', () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /its command does not have --rpc-methods/],
      [['--rpc-methods', 'unsafe'], /its command has --rpc-methods unsafe/],
      [['--rpc-methods=auto'], /has --rpc-methods auto/],
      [['--rpc-methods'], /has --rpc-methods $/],
      [['--rpc-methods', 'safe', '--rpc-methods=unsafe'], /safe and unsafe/],
      [
        ['--rpc-methods', 'safe', '--experimental-rpc-endpoint', 'listen-addr=127.0.0.1:9955,methods=unsafe'],
        /listen-addr=127.0.0.1:9955,methods=unsafe opens an RPC whose methods are not safe/,
      ],
      [
        ['--rpc-methods', 'safe', '--experimental-rpc-endpoint=listen-addr=127.0.0.1:9955'],
        /methods are not safe/,
      ],
    ];
    for (const [flags, message] of cases)
      assert.throws(() => refuseUnsafeCommand([...NODE, ...flags]), {
        message,
        remedy: /add --rpc-methods safe/,
        kind: 'denied',
      });
  });
});

describe('the RPC of a node with a key pipe', () => {
  const node = (answer: () => unknown) =>
    ({ address: 'ws://127.0.0.1:9944', call: async () => answer() }) as unknown as NodeRpc;
  const refusing = (rpcCode?: number) => () => {
    throw new NodeFault('refused', 'no', rpcCode === undefined ? {} : { rpcCode });
  };

  it('is safe only if the call does not exist for this caller', async () => {
    await refuseUnsafeRpc(node(refusing(-32_601)));
    for (const answer of [() => false, () => true, refusing(-32_602), refusing()])
      await assert.rejects(refuseUnsafeRpc(node(answer)), /ws:.* answers author_hasKey: its RPC is not safe/);
  });

  it('is unknown while it gives no answer', async () => {
    const silent = node(() => {
      throw new NodeFault('timeout', 'late');
    });
    await assert.rejects(refuseUnsafeRpc(silent), { code: 'timeout' });
  });
});
