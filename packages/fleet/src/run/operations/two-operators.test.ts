import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, fault } from '@watchbill/kit';
import { createVirtualClock, field } from '@watchbill/kit/testing';
import type { Place } from '../../file/index.ts';
import { memoryText, readMemory } from '../apply/memory.ts';
import { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
import { type ApplyInput, applySaved } from './apply.ts';
import type { FleetPorts } from './fleet-ports.ts';
import type { LockEvent } from './lock-place.ts';
import type { LockHolder } from './lock-record.ts';
import { type Declared, type MadePlan, type PlanInput, planNetwork } from './plan.ts';
import { type FakeMemory, fakeMemory } from './testing/fake-memory.ts';
import { declaredNetwork, declaredText, networkText } from './testing/network.ts';

const SECRET = '{session: {source: secret, secret: "{node}-keys", types: {babe: sr25519}}}';
const SIGNERS = declaredNetwork([`v: {role: validator, count: 1, keys: ${SECRET}}`]);
const RPC = declaredNetwork(['rpc: {role: rpc, count: 1}']);
const X: Place = { target: 'kubernetes', name: 'x', context: 'x', namespace: 'nodes' };

/** The same network with a signer at a second place. */
function withX(): Declared {
  const text = networkText([`v: {role: validator, places: {ams: 1, x: 1}, keys: ${SECRET}}`]);
  const ams = 'ams: {namespace: nodes}';
  return declaredText(text.replace(ams, `${ams}, x: {context: x, namespace: nodes}`));
}

interface Operator {
  readonly memory: FakeMemory;
  readonly events: LockEvent[];
  readonly plan: (change?: Partial<PlanInput>) => Promise<MadePlan>;
  readonly apply: (made: MadePlan, change?: Partial<ApplyInput>) => ReturnType<typeof applySaved>;
}

/** Places that all operators reach, and operators with a folder each. */
function world() {
  const signer = async () => ({ state: 'healthy' }) as const;
  const ams: FakeTarget = { ...fakeTarget('ams', 'uid-1'), signer };
  const targets: Readonly<Record<string, FakeTarget>> = {
    ...{ ams, x: { ...fakeTarget('x', 'uid-2'), place: X, signer } },
  };
  const away = new Set<string>();
  let operators = 0;
  const operator = (user: string): Operator => {
    const memory = fakeMemory();
    const events: LockEvent[] = [];
    const holder: LockHolder = { user, host: 'desk', pid: 1, origin: '', startTicks: '' };
    // The second operator's clock is a day behind.
    const clock = createVirtualClock({
      startMs: 1_700_000_000_000 - 86_400_000 * operators++,
      flowing: true,
    });
    const openTargets: FleetPorts['openTargets'] = async (_network, places) => {
      const gone = places.find(({ name }) => away.has(name));
      if (gone !== undefined)
        throw fault('unreachable', 'unreachable', { what: 'away', where: gone.name, remedy: 'try again' });
      const byPlace = places.flatMap(({ name }) => {
        const found = targets[name];
        return found === undefined ? [] : [[name, found] as const];
      });
      return { byPlace: new Map(byPlace), close: () => undefined };
    };
    const ports: FleetPorts = { clock, memory, openTargets, holder };
    return {
      memory,
      events,
      plan: (change = {}) =>
        planNetwork(ports, { declared: SIGNERS, timeoutMs: 60_000, onEvent: () => undefined, ...change }),
      apply: ({ plan }, change = {}) =>
        applySaved(ports, {
          plan: plan.id,
          allowed: { signing: true, dataLoss: true },
          gateTimeoutMs: 10_000,
          onEvent: () => undefined,
          onLock: (event) => void events.push(event),
          signal: new AbortController().signal,
          ...change,
        }),
    };
  };
  return { ams, away, operator };
}

const codesOf = ({ plan }: MadePlan) => plan.problems.map(({ code }) => code);
const refused = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === code && pattern.test(error.message);
const sharedAt = (target: FakeTarget) => {
  const read = readMemory(target.records.stored.get('memory')?.text ?? '', 'net');
  assert.ok(read.ok);
  return read.memory;
};

test('an operator with an empty folder and a file without X sees what another one started at X', async () => {
  const { ams, away, operator } = world();
  const [alice, bob] = [operator('alice'), operator('bob')];
  const first = await alice.plan({ declared: withX(), firstTime: true, differentKeys: true });
  assert.deepEqual(first.plan.problems, []);
  assert.deepEqual((await alice.apply(first)).result.left, []);
  assert.deepEqual(
    sharedAt(ams).places.map(({ place }) => place.name),
    ['ams', 'x'],
  );
  const removes = await bob.plan({ declared: SIGNERS });
  assert.deepEqual(codesOf(removes), []);
  assert.match(removes.notes.join('\n'), /lacked records of network net that ams had/);
  assert.match(removes.notes.join('\n'), /x \(context x, namespace nodes\) is not in the file any more/);
  assert.ok(
    removes.plan.steps.some(({ id, action }) => action === 'delete' && id.includes(' x/StatefulSet')),
  );
  away.add('x');
  const unseen = await operator('carol').plan({ declared: SIGNERS });
  assert.deepEqual(codesOf(unseen), ['unreachable']);
  assert.match(unseen.plan.problems[0]?.what ?? '', /it cannot be seen whether a signer still runs there/);
});

test('--first-time is refused where a place remembers the network, and needed where none does', async () => {
  const { operator } = world();
  const [alice, bob] = [operator('alice'), operator('bob')];
  assert.deepEqual(codesOf(await alice.plan()), ['no-memory']);
  await alice.apply(await alice.plan({ firstTime: true }));
  const wrong = await bob.plan({ firstTime: true });
  assert.deepEqual([codesOf(wrong), wrong.file], [['not-first-time'], null]);
  assert.match(wrong.plan.problems[0]?.what ?? '', /ams remembers it; this folder now has that memory/);
  assert.deepEqual(codesOf(await bob.plan()), []);
});

test('a partial memory of one operator is completed by that of another, and never the other way', async () => {
  const { ams, operator } = world();
  const [alice, bob] = [operator('alice'), operator('bob')];
  await bob.apply(await bob.plan({ declared: RPC }));
  assert.equal(sharedAt(ams).isPartial, true);
  assert.deepEqual(codesOf(await bob.plan()), ['no-memory'], 'the network may have run before');
  assert.deepEqual(codesOf(await alice.plan()), ['no-memory']);
  const carol = operator('carol');
  await carol.memory.add('net', [{ what: 'complete' }]);
  await carol.apply(await carol.plan());
  assert.equal(sharedAt(ams).isPartial, false);
  assert.equal((await carol.memory.remembered('net'))?.isPartial, false);
  assert.deepEqual(codesOf(await bob.plan()), []);
});

test('a plan is refused once another operator began one, whatever the clocks say', async () => {
  const { operator } = world();
  const [alice, bob] = [operator('alice'), operator('bob')];
  await alice.apply(await alice.plan({ declared: RPC, firstTime: true }));
  const late = await bob.plan();
  await alice.apply(await alice.plan());
  await assert.rejects(
    bob.apply(late),
    refused('plan-outdated', /another plan was begun after this one was made/),
  );
});

test('signing steps of another operator that did not end refuse every plan until a person gives them up', async () => {
  const { ams, operator } = world();
  const [alice, bob] = [operator('alice'), operator('bob')];
  const made = await alice.plan({ firstTime: true });
  ams.hook.before = (call) => {
    if (call.includes('StatefulSet')) throw new Error('killed');
  };
  await assert.rejects(alice.apply(made), /killed/);
  const open = await bob.plan();
  assert.deepEqual(codesOf(open), ['unfinished']);
  assert.match(
    open.plan.problems[0]?.what ?? '',
    new RegExp(`plan ${made.plan.id.slice(0, 12)} of alice@desk began create ams/StatefulSet/nodes/v-ams-0`),
  );
  assert.match(open.plan.problems[0]?.remedy ?? '', /in the folder of alice@desk/);
  ams.hook.before = () => undefined;
  const given = await bob.plan({ abandon: [made.plan.id] });
  assert.deepEqual(codesOf(given), []);
  await bob.apply(given);
  assert.deepEqual(codesOf(await bob.plan()), []);
  await assert.rejects(alice.apply(made), refused('plan-outdated', /this plan was abandoned/));
});

test('a signing step does not begin once another process took the lock', async () => {
  const { ams, operator } = world();
  const alice = operator('alice');
  const made = await alice.plan({ firstTime: true });
  // The first step is not a signing one; then another process has the lock.
  let isTaken = false;
  ams.hook.before = () => {
    if (isTaken) return;
    isTaken = true;
    const { text, version } = ams.records.stored.get('lock') ?? { text: '', version: '' };
    const record = {
      ...JSON.parse(text),
      token: 'of bob',
      holder: { ...JSON.parse(text).holder, user: 'bob' },
    };
    ams.records.stored.set('lock', { text: JSON.stringify(record), version: `${version} of bob` });
  };
  const { result } = await alice.apply(made);
  assert.deepEqual(result.stops.map(field('reason')), ['lock-lost']);
  assert.match(result.stops[0]?.detail ?? '', /of bob@desk .* has the lock/);
  assert.equal(
    [...ams.objects.keys()].some((id) => id.includes('StatefulSet')),
    false,
  );
});

test('a memory that is damaged, and a lock that another process holds, refuse before the first step', async () => {
  const { ams, operator } = world();
  const [alice, bob] = [operator('alice'), operator('bob')];
  await alice.apply(await alice.plan({ declared: RPC, firstTime: true }));
  const made = await bob.plan();
  const record = { format: 'watchbill/lock/1', token: 't', work: 'roll out', sinceMs: 0, renewedMs: 0 };
  const holder = { user: 'carol', host: 'h', pid: 3, origin: '', startTicks: '' };
  const text = JSON.stringify({ ...record, holder, renewals: 0, takeovers: 0 });
  ams.records.stored.set('lock', { text, version: 'v' });
  const before = ams.calls.length;
  await assert.rejects(bob.apply(made), refused('network-locked', /roll out of carol@h \(process 3\)/));
  assert.equal(ams.calls.length, before);
  const { result } = await bob.apply(made, { waitMs: 70_000 });
  assert.deepEqual([result.left, bob.events.map(field('kind'))], [[], ['lock-waiting', 'lock-taken-over']]);
  ams.records.stored.set('memory', { text: `${memoryText('net', [])}{"what"`, version: 'w' });
  await assert.rejects(bob.plan(), refused('memory-damaged', /shared memory of network net at ams .*line 2/));
});

test('where a namespace was made during the run, a plan that began there stops the first signing step', async () => {
  for (const hasBegun of [true, false]) {
    const { ams, operator } = world();
    const alice = operator('alice');
    const made = await alice.plan({ firstTime: true });
    const { write } = ams.records;
    Object.assign(ams.records, { write: async () => ({ outcome: 'missing', detail: 'no namespace' }) });
    ams.hook.before = () => {
      Object.assign(ams.records, { write });
      const run = { atMs: 0, run: 'r', by: 'bob@laptop', signing: [] };
      const begun = { what: 'begun', plan: 'ab'.repeat(32), journal: 'of bob', ...run } as const;
      const text = memoryText('net', hasBegun ? [begun] : []);
      if (!ams.records.stored.has('memory')) ams.records.stored.set('memory', { text, version: 'v' });
    };
    const { result } = await alice.apply(made);
    const reasons = result.stops.map(({ reason, detail }) => `${reason}: ${detail}`);
    const expected = ['lock-lost: ams: plan abababababab began there; plan again'];
    assert.deepEqual(reasons, hasBegun ? expected : []);
    if (!hasBegun) assert.equal(sharedAt(ams).places.length, 1, 'the place remembers the network');
  }
});
