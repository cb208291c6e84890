import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '@watchbill/kit';
import { createVirtualClock, field } from '@watchbill/kit/testing';
import type { Step } from '../../file/index.ts';
import type { SavedPlan } from '../apply/saved-plan.ts';
import type { ApplyEvent } from '../apply/settings.ts';
import { fakePlan, fakeResource, fakeSaved, fakeStep } from '../apply/testing/fake-plan.ts';
import { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
import { type ApplyInput, applySaved, needsNewPlan } from './apply.ts';
import { rememberLines } from './past-places.ts';
import { type FakeMemory, fakeMemory } from './testing/fake-memory.ts';

interface Bench {
  readonly memory: FakeMemory;
  readonly target: FakeTarget;
  readonly events: ApplyEvent[];
  readonly closed: () => number;
  readonly save: (steps: readonly Step[], change?: Partial<SavedPlan>) => Promise<void>;
  readonly apply: (change?: Partial<ApplyInput>) => ReturnType<typeof applySaved>;
}

function bench(): Bench {
  const memory = fakeMemory();
  const target = fakeTarget();
  const events: ApplyEvent[] = [];
  let closed = 0;
  return {
    memory,
    target,
    events,
    closed: () => closed,
    save: async (steps, change = {}) => {
      const there = { places: [target.place], identities: { ams: 'uid-1' } };
      await memory.savePlan(fakeSaved(fakePlan(steps), { ...there, ...change }));
    },
    apply: async (change = {}) => {
      const clock = createVirtualClock({ flowing: true });
      const openTargets = async () => ({
        byPlace: new Map([['ams', target]]),
        close: () => {
          closed += 1;
        },
      });
      try {
        return await applySaved(
          { clock, memory, openTargets },
          {
            plan: 'plan-1',
            allowed: { signing: false, dataLoss: false },
            gateTimeoutMs: 10_000,
            onEvent: (event) => void events.push(event),
            signal: new AbortController().signal,
            ...change,
          },
        );
      } finally {
        clock.halt();
      }
    },
  };
}

function faultOf(code: string, kind: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof Fault && error.code === code && error.kind === kind && pattern.test(error.message);
}

const made = fakeResource('made');

test('a plan is carried out step by step, and the places are closed', async () => {
  const { memory, events, closed, save, apply } = bench();
  await save([fakeStep('create', made, null, { gate: 'healthy' })]);
  const { result } = await apply();
  assert.deepEqual([result.left, result.stops], [[], []]);
  assert.deepEqual(events.map(field('state')), ['begun', 'applied', 'verified']);
  assert.equal(closed(), 1);
  assert.deepEqual(memory.lines.map(field('what')), ['has', 'begun', 'ended']);
});

test('a step with a risk that was not allowed is refused before any place is opened', async () => {
  const { target, closed, save, apply } = bench();
  await save([fakeStep('create', made, null, { risk: 'signing' })]);
  await assert.rejects(apply(), faultOf('signing-not-allowed', 'denied', /starts, stops or changes signers/));
  await save([fakeStep('delete', made, made, { risk: 'data-loss' })]);
  await assert.rejects(apply(), faultOf('data-loss-not-allowed', 'denied', /can lose data/));
  const problem = { code: 'conflict', resourceId: 'r', what: 'theirs', remedy: 'do' } as const;
  await save([], { plan: fakePlan([], { problems: [problem] }) });
  await assert.rejects(
    apply(),
    faultOf('problems', 'denied', /has problems that must be solved first: r: theirs/),
  );
  assert.deepEqual([target.calls, closed()], [[], 0]);
});

test('no plan begins while a roll-out is not ended', async () => {
  const { memory, target, save, apply } = bench();
  await save([fakeStep('create', made)]);
  memory.open.rollout = {
    format: 'watchbill/rollout/1',
    network: 'net',
    what: '',
    title: 'plan abc',
    before: {},
  };
  await assert.rejects(apply(), faultOf('rollout-unfinished', 'denied', /a roll-out is not ended: plan abc/));
  assert.deepEqual(target.calls, []);
});

test('a place that is another one now, or a copy, or does not answer, refuses the plan', async () => {
  const { memory, target, closed, save, apply } = bench();
  await save([fakeStep('create', made)], { identities: { ams: 'uid-2' } });
  await assert.rejects(apply(), faultOf('usage', 'usage', /ams is uid-1 now; the plan was made for uid-2/));
  await save([fakeStep('create', made)], { identities: { sin: 'uid-1' } });
  await assert.rejects(apply(), faultOf('usage', 'usage', /sin is not known here/));
  const shows = (hostKey: string) => ({ dmiUuid: null, hostKeys: [hostKey] });
  Object.assign(target, { identity: async () => ({ ok: true, identity: 'uid-1', traits: shows('key-1') }) });
  await save([fakeStep('create', made)], { traits: { ams: shows('key-2') } });
  await assert.rejects(apply(), faultOf('usage', 'usage', /ams has the ssh host key key-1 .* or a copy/));
  Object.assign(target, { identity: async () => ({ ok: false, reason: 'unreachable', detail: 'no route' }) });
  await save([fakeStep('create', made)]);
  await assert.rejects(apply(), faultOf('unreachable', 'unreachable', /no route/));
  assert.deepEqual([target.calls, memory.lines, closed()], [[], [], 4]);
});

test('a place that a plan emptied is forgotten, and one that still has something is kept', async () => {
  for (const [rest, expected] of [
    [[], 0],
    [[fakeResource('other')], 1],
  ] as const) {
    const { memory, target, save, apply } = bench();
    await memory.add('net', rememberLines(null, [target.place], { ams: 'uid-1' }));
    for (const one of [made, ...rest]) target.objects.set(one.id, one);
    await save([fakeStep('delete', made, made, { gate: 'gone' })]);
    const { result } = await apply();
    assert.deepEqual(result.left, []);
    assert.equal((await memory.remembered('net'))?.places.length, expected);
  }
});

test('a plan that no longer fits needs a new one; a cause that may pass does not', () => {
  const stop = (reason: 'changed' | 'unreachable') => ({
    step: fakeStep('create', made),
    reason,
    detail: '',
  });
  assert.equal(needsNewPlan([stop('unreachable'), stop('changed')]), true);
  assert.equal(needsNewPlan([stop('unreachable')]), false);
});
