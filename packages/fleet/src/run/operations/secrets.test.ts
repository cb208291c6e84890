import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import { fakeTarget } from '../apply/testing/fake-target.ts';
import type { Changed, Credentials } from '../machines/credentials.ts';
import type { MachineKeys } from '../machines/session-keys.ts';
import { publicKeyOfSeed } from '../secrets/public-key.ts';
import type { OpenCredentials } from './fleet-ports.ts';
import { putSecret, removeSecret, type SecretPorts } from './secrets.ts';
import { onMachines } from './testing/network.ts';

const PLAIN = "{session: {source: secret, secret: '{node}-keys', types: {babe: sr25519}}}";
const { network } = onMachines(
  'iron: {host: 192.0.2.7}',
  `  validators: {role: validator, count: 1, keys: ${PLAIN}}\n`,
);
const SEED = new TextEncoder().encode(`0x${'1a'.repeat(32)}`);

/**
 * A machine that answers every change in this way; `calls` are its changes; `open` is the number of
 * connections.
 */
function machine(changed: Changed) {
  const seen = { calls: [] as string[], open: 0 };
  const credentials = {
    publicKeys: async () => ({ notes: new Map(), keystores: new Map() }),
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
    seen.open -= 1;
  };
  const openCredentials = async () => {
    seen.open += 1;
    return { ...credentials, close };
  };
  return { seen, openCredentials, ports: portsOf(openCredentials) };
}

/** Machines that answer, with the given credentials and a lock that no other process holds. */
function portsOf(openCredentials: OpenCredentials): SecretPorts {
  const holder = { user: 'alice', host: 'desk', pid: 1, origin: '', startTicks: '' };
  return {
    ...{ clock: createVirtualClock(), holder, repeat: () => undefined, openCredentials },
    openTargets: async (_network, places) => ({
      byPlace: new Map(places.map((place) => [place.name, { ...fakeTarget(place.name, place.name), place }])),
      close: () => undefined,
    }),
  };
}

const secret = 'validators-iron-0-keys';
const lock = { waitMs: 0, onLock: () => undefined };
const common = { network, secret, entry: 'babe', signal: new AbortController().signal, ...lock };
const putting = {
  ...common,
  bytes: SEED,
  from: 'babe.seed',
  withKey: 'auto',
  replace: false,
  development: false,
} as const;

function faultOf(code: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Fault && error.code === code && pattern.test(error.message);
}

test('a value is put under the name of its credential, and the machine is closed', async () => {
  const { seen, ports } = machine({ outcome: 'done', units: [] });
  assert.equal((await putSecret(ports, putting)).node, 'validators-iron-0');
  assert.deepEqual([seen.calls, seen.open], [['put net.validators-iron-0-keys.babe'], 0]);
});

test('a value that is there is kept, and an unknown outcome is not a success', async () => {
  const there = machine({ outcome: 'exists' } as Changed);
  await assert.rejects(putSecret(there.ports, putting), faultOf('secrets-exists', /and it is kept/));
  const lost = machine({ outcome: 'unknown', detail: 'no reply' } as Changed);
  await assert.rejects(putSecret(lost.ports, putting), faultOf('secrets-unknown', /no reply/));
  assert.equal(lost.seen.open, 0);
});

test('a value that the file needs is removed only if a person says that it is in use', async () => {
  const { seen, ports } = machine({ outcome: 'done', units: [] });
  await assert.rejects(
    removeSecret(ports, { ...common, inUse: false }),
    faultOf('secrets-needed', /needed by the network file/),
  );
  assert.deepEqual(seen.calls, []);
  await removeSecret(ports, { ...common, inUse: true });
  assert.deepEqual(seen.calls, ['remove net.validators-iron-0-keys.babe']);
});

/** Two machines with a validator each; `pools` is YAML. `notes` are the public keys on each machine. */
function twoMachines(pools: string, notes: Readonly<Record<string, MachineKeys | null>> = {}) {
  const read = onMachines('iron: {host: 192.0.2.7}, steel: {host: 192.0.2.8}', pools);
  const put: string[] = [];
  const open: OpenCredentials = async ({ name }) => {
    const { openCredentials: inner } = machine({ outcome: 'done', units: [] });
    const found = notes[name] ?? { notes: new Map(), keystores: new Map() };
    return {
      ...(await inner()),
      put: async () => {
        put.push(name);
        return { outcome: 'done', units: [] } as const;
      },
      publicKeys: async () =>
        notes[name] === null ? { failure: { reason: 'unreachable', detail: 'no route' } as const } : found,
    };
  };
  const value = { ...putting, network: read.network, secret: 'v-iron-0-keys', place: 'iron' };
  return { put, result: () => putSecret(portsOf(open), value) };
}

const KEY = publicKeyOfSeed('sr25519', SEED) ?? '';
const V = (keys: string) => `  v: {role: validator, places: {iron: 1, steel: 1}, keys: ${keys}}\n`;
const noted = (credential: string): MachineKeys => ({
  notes: new Map([[credential, KEY]]),
  keystores: new Map(),
});
const stored = (unit: string): MachineKeys => ({ notes: new Map(), keystores: new Map([[unit, [KEY]]]) });

test('a seed that another node has is refused, from a note and from a keystore, and names both', async () => {
  for (const found of [noted('net.v-steel-0-keys.babe'), stored('watchbill-net-v-steel-0.service')]) {
    const { put, result } = twoMachines(V(PLAIN), { steel: found });
    await assert.rejects(
      result,
      faultOf('secrets-same-key', /v-steel-0.* has the same key 0x[0-9a-f]{64}: v-iron-0 would sign/),
    );
    assert.deepEqual(put, []);
  }
});

test('its own key may be put again, and another key beside that of another node', async () => {
  const own = twoMachines(V(PLAIN), {
    iron: {
      ...noted('net.v-iron-0-keys.babe'),
      keystores: new Map([['watchbill-net-v-iron-0.service', [KEY]]]),
    },
    steel: { notes: new Map([['net.v-steel-0-keys.babe', '0xbb']]), keystores: new Map([['u', ['0xcc']]]) },
  });
  assert.deepEqual((await own.result()).notCompared, []);
  assert.deepEqual(own.put, ['iron']);
});

test('nodes that ask the same services may have one key, and so may the next node of a named set', async () => {
  const duty = ", duty: {services: ['https://watch:8443'], secret: '{node}-duty'}";
  const twins = PLAIN.replace('types', 'set: stash, types');
  const asking = twoMachines(V(twins).replace('}}\n', `}${duty}}\n`), {
    steel: noted('net.v-steel-0-keys.babe'),
  });
  assert.equal((await asking.result()).node, 'v-iron-0');
  const next = `  v: {role: validator, places: {iron: 1}, keys: ${twins}}\n  rpc: {role: rpc, places: {steel: 1}}\n`;
  const moved = twoMachines(next, { steel: stored('watchbill-net-v-steel-0.service') });
  assert.equal((await moved.result()).node, 'v-iron-0');
  const unnamed = twoMachines(next.replace('set: stash, ', ''), {
    steel: stored('watchbill-net-v-steel-0.service'),
  });
  await assert.rejects(
    unnamed.result,
    faultOf('secrets-same-key', /the keystore of watchbill-net-v-steel-0/),
  );
});

test('a machine that does not answer is named, because its keys were not compared', async () => {
  const { result } = twoMachines(V(PLAIN), { steel: null });
  assert.deepEqual((await result()).notCompared, ['steel: no route']);
});
