import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '@watchbill/kit';
import { createVirtualClock, field } from '@watchbill/kit/testing';
import { readMemory, unfinishedElsewhere } from '../apply/memory.ts';
import { type FakeRecords, fakeRecords } from '../apply/testing/fake-records.ts';
import { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
import type { MachineKeys } from '../machines/session-keys.ts';
import { publicKeyOfSeed } from '../secrets/public-key.ts';
import { type ChangeSettings, type Confirm, underNetworkLock } from './change-lock.ts';
import type { FleetPorts } from './fleet-ports.ts';
import type { LockEvent } from './lock-place.ts';
import type { LockHolder } from './lock-record.ts';
import { planNetwork } from './plan.ts';
import { type PutInput, putSecret, removeSecret } from './secrets.ts';
import { fakeMemory } from './testing/fake-memory.ts';
import { declaredNetwork, onMachines } from './testing/network.ts';

const { signal } = new AbortController();
const holder = (user: string): LockHolder => ({ user, host: 'desk', pid: 1, origin: '', startTicks: '' });
const refused = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === code && pattern.test(error.message);

/** An operator with a clock of another day than the others. */
function operator(user: string, records: FakeRecords) {
  const events: LockEvent[] = [];
  const clock = createVirtualClock({ startMs: user.length * 86_400_000, flowing: true });
  const change = (work: (confirm: Confirm) => Promise<string>, wishes: Partial<ChangeSettings> = {}) =>
    underNetworkLock(
      { clock, holder: holder(user), repeat: () => undefined },
      {
        ...{
          network: 'net',
          places: [{ name: 'iron', order: 'iron', records }],
          work: 'put keys babe at iron',
        },
        ...{ isSigning: true, waitMs: 0, onLock: (event) => void events.push(event), signal, ...wishes },
      },
      work,
    );
  return { change, events, clock };
}

/** A command that did its work, and one that was cut off in it. */
const done = async (confirm: Confirm) => {
  await confirm(signal);
  return 'done';
};
const cut = async (confirm: Confirm) => {
  await confirm(signal);
  throw new Error('killed');
};

const memoryAt = ({ stored }: FakeRecords) => {
  const read = readMemory(stored.get('memory')?.text ?? '', 'net');
  assert.ok(read.ok);
  return read.memory;
};
const openAt = (records: FakeRecords) =>
  unfinishedElsewhere(memoryAt(records), []).map(({ signing, by }) => ({ signing, by }));

test('a signing command is on record before its first step, and its end after it', async () => {
  const records = fakeRecords();
  const { change } = operator('alice', records);
  await change(async (confirm) => {
    assert.equal(records.stored.has('memory'), false, 'a command that was refused leaves nothing behind');
    await confirm(signal);
    assert.deepEqual(openAt(records), [{ signing: ['put keys babe at iron'], by: 'alice@desk' }]);
    return 'done';
  });
  assert.deepEqual([openAt(records), memoryAt(records).isPartial], [[], true]);
  const other = fakeRecords();
  assert.equal(await operator('alice', other).change(done, { isSigning: false }), 'done');
  assert.equal(other.stored.has('memory'), false, 'a token changes no signer');
});

test('a signing command that did not end refuses plans until it is run again, by anyone', async () => {
  const records = fakeRecords();
  const [alice, bob] = [operator('alice', records), operator('bob', records)];
  await assert.rejects(alice.change(cut), /killed/);
  assert.equal(openAt(records).length, 1);
  await bob.change(done, { work: 'put keys gran at iron' });
  assert.equal(openAt(records).length, 1, 'another command ends only its own record');
  await bob.change(done);
  assert.deepEqual(openAt(records), []);
});

test('a second run that finds its work done ends the record of the first, and leaves none', async () => {
  const records = fakeRecords();
  const [alice, bob] = [operator('alice', records), operator('bob', records)];
  const found = async () => 'the keys are made';
  await bob.change(found);
  assert.equal(records.stored.has('memory'), false);
  await assert.rejects(alice.change(cut), /killed/);
  await assert.rejects(
    bob.change(async () => {
      throw new Error('the node does not answer');
    }),
  );
  assert.equal(openAt(records).length, 1, 'a run that failed ends nothing');
  await bob.change(found, { isSigning: false });
  assert.equal(openAt(records).length, 1, 'another step of the command ends nothing');
  await bob.change(found);
  assert.deepEqual(openAt(records), []);
});

const SEED = new TextEncoder().encode(`0x${'1a'.repeat(32)}`);
const KEY = publicKeyOfSeed('sr25519', SEED) ?? '';
const { network } = onMachines(
  'iron: {host: 192.0.2.7}, tin: {host: 192.0.2.8}',
  `  v: {role: validator, places: {iron: 1, tin: 1}, keys: {session: {source: secret, secret: '{node}-keys', types: {babe: sr25519}}}}\n`,
);

/** Machines that remember the public keys that were put there. */
function machines() {
  const targets = new Map<string, FakeTarget>();
  const notes = new Map<string, Map<string, string>>();
  for (const name of ['iron', 'tin']) {
    targets.set(name, fakeTarget(name, `id of ${name}`));
    notes.set(name, new Map());
  }
  /** Called between the comparison and the change. */
  const hook = { before: async (_operator: string) => {} };
  const portsOf = (user: string) => {
    const openTargets: FleetPorts['openTargets'] = async (_network, places) => ({
      byPlace: new Map(
        places.map((place) => [place.name, { ...(targets.get(place.name) ?? fakeTarget()), place }]),
      ),
      close: () => undefined,
    });
    const openCredentials = async ({ name }: { readonly name: string }) => ({
      look: () => Promise.reject(new Error('not asked')),
      publicKeys: async (): Promise<MachineKeys> => ({
        notes: new Map(notes.get(name)),
        keystores: new Map(),
      }),
      put: async (credential: string) => {
        await hook.before(user);
        notes.get(name)?.set(credential, KEY);
        return { outcome: 'done', units: [] } as const;
      },
      remove: async () => ({ outcome: 'done', units: [] }) as const,
      close: () => undefined,
    });
    const clock = createVirtualClock({ flowing: true });
    return { clock, openTargets, openCredentials, holder: holder(user), repeat: () => undefined };
  };
  const put = (user: string, place: string, change: Partial<PutInput> = {}) =>
    putSecret(portsOf(user), {
      ...{ network, secret: `v-${place}-0-keys`, entry: 'babe', place, bytes: SEED, from: 'a file' },
      ...{ withKey: 'auto', replace: false, development: false, signal },
      ...{ waitMs: 0, onLock: () => undefined, ...change },
    });
  return { targets, notes, hook, put, portsOf };
}

test('two operators cannot put one seed on two machines at once', async () => {
  const { put, hook, notes, targets } = machines();
  // Bob compares and puts while Alice is between her comparison and her change.
  let second: Promise<unknown> | null = null;
  hook.before = async (user) => {
    if (user !== 'alice') return;
    for (const { records } of targets.values())
      assert.deepEqual(openAt(records), [{ signing: ['put v-iron-0-keys babe at iron'], by: 'alice@desk' }]);
    second = put('bob', 'tin').catch((error: unknown) => error);
    await second;
  };
  await put('alice', 'iron');
  assert.ok(
    refused('network-locked', /put v-iron-0-keys babe at iron of alice@desk/)(await second),
    String(await second),
  );
  assert.deepEqual([notes.get('iron')?.size, notes.get('tin')?.size], [1, 0]);
  for (const { records } of targets.values()) assert.deepEqual(openAt(records), []);
  await assert.rejects(put('bob', 'tin'), refused('secrets-same-key', /v-iron-0-keys.* has the same key/));
});

test('a removal waits for the lock too', async () => {
  const { targets, hook, put, portsOf } = machines();
  hook.before = async () => {
    const wanted = { network, secret: 'v-iron-0-keys', entry: 'babe', place: 'iron', inUse: true };
    const removed = removeSecret(portsOf('bob'), { ...wanted, waitMs: 0, onLock: () => undefined, signal });
    await assert.rejects(removed, refused('network-locked', /of alice@desk/));
  };
  await put('alice', 'iron');
  assert.match(targets.get('tin')?.records.stored.get('lock')?.text ?? '', /"holder":null/);
});

test('a put whose end is not known refuses the plan of a colleague, with the command and its way out', async () => {
  const target = fakeTarget('ams', 'uid-1');
  await assert.rejects(operator('alice', target.records).change(cut), /killed/);
  const ports: FleetPorts = {
    ...{ clock: createVirtualClock({ flowing: true }), memory: fakeMemory(), holder: holder('bob') },
    openTargets: async () => ({ byPlace: new Map([['ams', target]]), close: () => undefined }),
  };
  const declared = declaredNetwork(['rpc: {role: rpc, count: 1}']);
  const input = { declared, timeoutMs: 60_000, onEvent: () => undefined, firstTime: true };
  const { plan } = await planNetwork(ports, input);
  assert.deepEqual(
    plan.problems.map(field('code')),
    ['unfinished'],
    'a partial memory without places is no reason against --first-time',
  );
  assert.match(
    plan.problems[0]?.what ?? '',
    /a command of alice@desk began put keys babe at iron, and did not/,
  );
  assert.match(plan.problems[0]?.remedy ?? '', /run that command again; .* --abandon [0-9a-f]{12}/);
  await operator('bob', target.records).change(done);
  assert.deepEqual((await planNetwork(ports, input)).plan.problems, []);
});
