import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixture, SOLO } from '../../file/testing/index.ts';
import { checkExec, checkRpc, nodeNamed } from './rules.ts';

const { network } = readFixture(SOLO);
const signer = nodeNamed(network, 'validators-main-0');
const rpc = nodeNamed(network, 'rpc-main-0');

test('a node is named as the network file names it', () => {
  assert.throws(() => nodeNamed(network, 'rpc-main-O'), {
    code: 'unknown-node',
    remedy: 'did you mean rpc-main-0?',
  });
});

test('programs run beside a node that signs only where that is said, and shells never by themselves', () => {
  const no = { signingNode: false, shell: false };
  checkExec(rpc, ['df', '-h'], no);
  assert.throws(() => checkExec(signer, ['df', '-h'], no), { code: 'refused', remedy: /--signing-node/ });
  checkExec(signer, ['df', '-h'], { ...no, signingNode: true });
  for (const shell of ['sh', '/bin/bash', 'sudo', '/usr/bin/busybox'])
    assert.throws(
      () => checkExec(rpc, [shell, '-c', 'ls'], no),
      { code: 'refused', remedy: /--shell/ },
      shell,
    );
  checkExec(rpc, ['/bin/bash'], { ...no, shell: true });
  assert.throws(() => checkExec(rpc, [], no), { code: 'refused' });
});

test('unsafe methods are called only where that is said, on a node that signs twice, and a seed never as an argument', () => {
  const no = { signingNode: false, unsafe: false, paramsInArguments: true };
  checkRpc(signer, 'system_health', no);
  for (const method of ['author_rotateKeys', 'author_insertKey', 'system_addReservedPeer', 'state_getPairs'])
    assert.throws(() => checkRpc(rpc, method, no), { code: 'refused', remedy: /--unsafe/ }, method);
  checkRpc(rpc, 'system_peers', { ...no, unsafe: true });
  assert.throws(() => checkRpc(signer, 'system_peers', { ...no, unsafe: true }), {
    remedy: /--signing-node/,
  });
  const all = { signingNode: true, unsafe: true };
  checkRpc(signer, 'system_peers', { ...all, paramsInArguments: true });
  assert.throws(
    () => checkRpc(signer, 'author_insertKey', { ...all, paramsInArguments: true }),
    /list of processes/,
  );
  checkRpc(signer, 'author_insertKey', { ...all, paramsInArguments: false });
  assert.throws(() => checkRpc(rpc, 'system health', no), /is not a method/);
});
