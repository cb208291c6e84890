import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '@watchbill/base';
import { createVirtualClock } from '@watchbill/base/testing';
import { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
import { type ReconcileInput, type Round, reconcileNetwork } from './reconcile.ts';
import { fakeMemory } from './testing/fake-memory.ts';
import { declaredNetwork } from './testing/network.ts';

const POOLS = ['rpc: {role: rpc, count: 1}', 'v: {role: validator, count: 1}'];

function bench(pools: readonly string[] = POOLS) {
  const target: FakeTarget = fakeTarget();
  const clock = createVirtualClock({ flowing: true });
  const openTargets = async () => ({ byPlace: new Map([['ams', target]]), close: () => undefined });
  const ports = { clock, memory: fakeMemory(), openTargets };
  const rounds: Round[] = [];
  // A plan is older than one that began in the same millisecond.
  const run = async (change: Partial<ReconcileInput> = {}) => {
    await clock.sleep(1_000);
    return reconcileNetwork(ports, {
      read: async () => declaredNetwork(pools),
      applySafe: true,
      takeOver: false,
      timeoutMs: 60_000,
      gateTimeoutMs: 1_000,
      everyMs: null,
      onRound: (round) => rounds.push(round),
      signal: new AbortController().signal,
      ...change,
    });
  };
  return { target, rounds, run };
}

test('what carries no risk is made; a signer is left to a person, and never begun', async () => {
  const { target, run } = bench();
  const round = await run();
  assert.equal(round.outcome, 'needs-person');
  assert.ok(round.repaired.some((id) => id.includes('/StatefulSet/') && id.includes('rpc')));
  const signer = round.left.filter(({ id }) => id.includes('/StatefulSet/'));
  assert.deepEqual(
    signer.map(({ id }) => id.split('/').at(-1)),
    ['v-ams-0'],
  );
  assert.ok([...target.objects.values()].every(({ subject }) => subject.keySet === null));
});

test('a drift of an object that no node runs on is repaired; without the flag it is only reported', async () => {
  const { target, run } = bench([POOLS[0] ?? '']);
  assert.equal((await run()).outcome, 'repaired');
  assert.equal((await run()).outcome, 'as-declared');
  const id = [...target.objects.keys()].find((one) => one.includes('/NetworkPolicy/')) ?? assert.fail();
  target.objects.delete(id);
  const told = await run({ applySafe: false });
  assert.deepEqual([told.outcome, told.left.map((one) => one.id)], ['needs-person', [`create ${id}`]]);
  assert.ok(!target.objects.has(id));
  const done = await run();
  assert.deepEqual([done.outcome, done.repaired, done.detail], ['repaired', [`create ${id}`], null]);
  assert.ok(target.objects.has(id));
});

test('an object that the file no longer names is left to a person', async () => {
  const more = bench([POOLS[0] ?? '', 'archive: {role: archive, count: 1}']);
  await more.run();
  const before = more.target.objects.size;
  const round = await more.run({ read: async () => declaredNetwork([POOLS[0] ?? '']) });
  assert.equal(round.outcome, 'needs-person');
  assert.ok(round.left.every(({ id }) => id.startsWith('delete ') || !id.startsWith('create ')));
  assert.equal(more.target.objects.size, before);
});

test('a round that fails is reported, and the next one goes on; a stop ends the loop', async () => {
  const { rounds, run } = bench([POOLS[0] ?? '']);
  const stop = new AbortController();
  let read = 0;
  await run({
    everyMs: 1_000,
    read: async () => {
      read += 1;
      if (read === 1)
        throw fault('unreachable', 'unreachable', { what: 'no answer', where: 'ams', remedy: '' });
      if (read === 3) stop.abort();
      return declaredNetwork([POOLS[0] ?? '']);
    },
    signal: stop.signal,
  });
  assert.deepEqual(
    rounds.slice(0, 2).map(({ outcome }) => outcome),
    ['failed', 'repaired'],
  );
  assert.equal(read, 3);
});
