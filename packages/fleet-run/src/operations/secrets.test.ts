import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OperationFault } from '../fault/fault.ts';
import type { Changed, Credentials } from '../machines/credentials.ts';
import { readNetworkText } from '../network-file/read.ts';
import { putSecret, removeSecret } from './secrets.ts';

const KEYS = "{session: {source: secret, secret: '{node}-keys', types: {babe: sr25519}}}";
const { network } = readNetworkText(
  'network.yaml',
  '/nowhere/network.yaml',
  `format: watchbill/network/1
name: net
chain: {name: westend}
machines:
  iron: {host: 192.0.2.7}
defaults:
  software:
    binary: {source: /opt/node, sha256: ${'ab'.repeat(32)}}
    command: node
    sdk: stable2509
pools:
  validators: {role: validator, count: 1, keys: ${KEYS}}
`,
);
const SEED = new TextEncoder().encode(`0x${'1a'.repeat(32)}`);

/** A machine that answers every change in this way; `calls` and `closed` count. */
function machine(changed: Changed) {
  const seen = { calls: [] as string[], closed: 0 };
  const credentials = {
    put: async (name: string) => {
      seen.calls.push(`put ${name}`);
      return changed;
    },
    remove: async (name: string) => {
      seen.calls.push(`remove ${name}`);
      return changed;
    },
  } as unknown as Credentials;
  const close = (): void => {
    seen.closed += 1;
  };
  return { seen, open: async () => ({ ...credentials, close }) };
}

const secret = 'validators-iron-0-keys';
const common = { network, secret, entry: 'babe', signal: new AbortController().signal };
const putting = {
  ...common,
  bytes: SEED,
  from: 'babe.seed',
  withKey: 'auto',
  replace: false,
  development: false,
} as const;

function faultOf(code: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof OperationFault && error.code === code && pattern.test(error.message);
}

test('a value is put under the name of its credential, and the machine is closed', async () => {
  const { seen, open } = machine({ outcome: 'done', units: [] });
  assert.equal((await putSecret(open, putting)).node, 'validators-iron-0');
  assert.deepEqual([seen.calls, seen.closed], [['put net.validators-iron-0-keys.babe'], 1]);
});

test('a value that is there is kept, and an unknown outcome is no success', async () => {
  const there = machine({ outcome: 'exists' } as Changed);
  await assert.rejects(putSecret(there.open, putting), faultOf('secrets-exists', /and it is kept/));
  const lost = machine({ outcome: 'unknown', detail: 'no reply' } as Changed);
  await assert.rejects(putSecret(lost.open, putting), faultOf('secrets-unknown', /no reply/));
  assert.equal(lost.seen.closed, 1);
});

test('a value of another form goes to no machine', async () => {
  const { seen, open } = machine({ outcome: 'done', units: [] });
  const bytes = new TextEncoder().encode('//Alice');
  await assert.rejects(putSecret(open, { ...putting, bytes }), OperationFault);
  assert.deepEqual(seen.calls, []);
});

test('a value that the file needs is removed only if a person says that it is in use', async () => {
  const { seen, open } = machine({ outcome: 'done', units: [] });
  await assert.rejects(
    removeSecret(open, { ...common, inUse: false }),
    faultOf('secrets-needed', /needed by the network file/),
  );
  assert.deepEqual(seen.calls, []);
  await removeSecret(open, { ...common, inUse: true });
  assert.deepEqual(seen.calls, ['remove net.validators-iron-0-keys.babe']);
});
