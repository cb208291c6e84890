import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '@watchbill/kit';
import { createVirtualClock, field } from '@watchbill/kit/testing';
import { safePart } from '../../file/plan/index.ts';
import { fakeField, fakePlan, fakeResource, fakeStep } from '../apply/testing/fake-plan.ts';
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
  assert.deepEqual(rounds.slice(0, 2).map(field('outcome')), ['failed', 'repaired']);
  assert.equal(read, 3);
});

test('a removal, a risk of a step or of a field, and what needs one of them, are left', () => {
  const [b, c, d] = [fakeResource('b'), fakeResource('c'), fakeResource('d')];
  const made = fakeStep('create', fakeResource('a'));
  const removed = fakeStep('delete', b, b);
  const risky = fakeStep('update', c, c, { risk: 'restart' });
  const hidden = fakeStep('update', d, d, { fields: [fakeField(['spec'], 1, 2)] });
  const after = fakeStep('create', fakeResource('e'), null, { needs: [risky.id] });
  const plan = fakePlan([made, removed, risky, hidden, after]);
  const part = safePart(plan);
  assert.deepEqual(part.plan.steps, [made]);
  assert.deepEqual(part.left, [removed, risky, hidden, after]);
  assert.notEqual(part.plan.id, plan.id);
  const problem = { code: 'conflict', resourceId: b.id, what: 'x', remedy: 'y' } as const;
  assert.deepEqual(safePart({ ...plan, problems: [problem] }).plan.steps, []);
});
