import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeFault, type NodeRpc } from '@watchbill/chain';
import type { Note } from '../../rules.ts';
import { majorityNode } from './majority-node.ts';
import { type ChainAnswer, fakeChainNode, SILENCE } from './testing/fake-chain-node.ts';

const BLOCK = `0x${'0b'.repeat(32)}`;
const NONCE = ['state_call', ['AccountNonceApi_account_nonce', '0x01', BLOCK]] as const;
const refusal: ChainAnswer = () => {
  throw new NodeFault('refused', 'no such method');
};

function nodesOf(method: string, answers: readonly ChainAnswer[]) {
  const notes: Note[] = [];
  const fakes = answers.map((answer) => {
    const fake = fakeChainNode(9);
    fake.answers.set(method, answer);
    return fake;
  });
  const [first, ...more] = fakes.map(({ rpc }) => rpc);
  assert.ok(first !== undefined);
  const node = majorityNode([first, ...more], (note) => notes.push(note));
  return { node, fakes, notes, asked: () => fakes.map(({ calls }) => calls.length) };
}

const says =
  (value: unknown): ChainAnswer =>
  () =>
    value;

test('a single node is returned unchanged', () => {
  const { rpc } = fakeChainNode(9);
  assert.equal(
    majorityNode([rpc], () => assert.fail('a note')),
    rpc,
  );
});

test('the state of a block is the answer of a majority; a node that differs is reported once', async () => {
  for (const liar of [0, 1, 2]) {
    const answers = [0, 1, 2].map((place) => says(place === liar ? '0xff000000' : '0x05000000'));
    const { node, notes, fakes } = nodesOf('state_call', answers);
    assert.equal(await node.call(...NONCE), '0x05000000');
    assert.equal(await node.call(...NONCE), '0x05000000');
    await new Promise(setImmediate);
    assert.deepEqual(
      notes.map(({ code, text }) => [code, text.includes('answered state_call differently')]),
      [['endpoint-differs', true]],
    );
    fakes[liar]?.answers.set('state_call', says('0x05000000'));
    await node.call(...NONCE);
    await new Promise(setImmediate);
    fakes[liar]?.answers.set('state_call', says('0xff000000'));
    await node.call(...NONCE);
    await new Promise(setImmediate);
    assert.equal(notes.length, 2, 'it agreed in between');
  }
});

test('without a majority there is no answer', async () => {
  const differ = nodesOf('state_call', [says('0x01'), says('0x02'), says('0x03')]);
  await assert.rejects(differ.node.call(...NONCE), (fault) => {
    assert.ok(fault instanceof NodeFault);
    assert.equal(fault.code, 'malformed');
    assert.match(fault.message, /state_call: 3 endpoints gave 3 different answers, none of them 2 times/);
    return true;
  });
  const two = nodesOf('state_call', [says('0x01'), says('0x02')]);
  await assert.rejects(two.node.call(...NONCE), /2 endpoints gave 2 different answers/);
});

test('a node that hangs or fails delays no answer of the others', async () => {
  const hangs = nodesOf('state_call', [says(SILENCE), says('0x05'), says('0x05')]);
  assert.equal(await hangs.node.call(...NONCE), '0x05');
  const fails = nodesOf('state_call', [refusal, says('0x05'), says('0x05')]);
  assert.equal(await fails.node.call(...NONCE), '0x05');
});

test('a refusal by a majority is a refusal: old runtimes answer so', async () => {
  const { node } = nodesOf('state_call', [says('0x05'), refusal, refusal]);
  await assert.rejects(node.call(...NONCE), { code: 'refused' });
});

test('fields that nodes of other releases add to an answer make no difference', async () => {
  const block = { header: { number: '0x1' }, extrinsics: ['0x00'] };
  const blocks = nodesOf('chain_getBlock', [
    says({ block, justifications: null }),
    says({ block, justifications: [[1], [2]] }),
    says(null),
  ]);
  const answer = await blocks.node.call<{ readonly block: unknown }>('chain_getBlock', [BLOCK]);
  assert.deepEqual(answer.block, block);
  const version = { specName: 'a', specVersion: 7, transactionVersion: 2 };
  const versions = nodesOf('state_getRuntimeVersion', [
    says({ ...version, stateVersion: 1 }),
    says({ ...version, systemVersion: 1 }),
    says({ ...version, specVersion: 8 }),
  ]);
  const told = await versions.node.call<typeof version>('state_getRuntimeVersion', [BLOCK]);
  assert.equal(told.specVersion, 7);
});

test('calls that name no block, and submissions, go to the own node alone', async () => {
  for (const [method, params] of [
    ['author_submitExtrinsic', ['0x00']],
    ['chain_getFinalizedHead', []],
    ['chain_getBlockHash', []],
    ['state_getStorage', ['0x00']],
  ] as const) {
    const { node, asked } = nodesOf(method, [says('own'), says('other'), says('other')]);
    assert.equal(await node.call(method, params), 'own', method);
    assert.deepEqual(asked(), [1, 0, 0], method);
  }
});

test('it has no node address, so that a cached answer of one node is not used for the majority', () => {
  const own: NodeRpc = fakeChainNode(9).rpc;
  const { address } = majorityNode([own, fakeChainNode(9).rpc], () => assert.fail('a note'));
  assert.equal(address, `${own.address} and 1 more`);
});
