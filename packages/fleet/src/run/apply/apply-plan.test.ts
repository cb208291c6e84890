import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field, fields } from '@watchbill/kit/testing';
import type { Done, Health } from '../../file/live/index.ts';
import { fakePlan, fakeResource, fakeStep } from './testing/fake-plan.ts';
import { fourSteps, Killed, rollout, withMemory } from './testing/ground.ts';

const WAITING: Health = { state: 'waiting', detail: 'not ready: x-0' };

test('a lost reply is looked into before anything is done again', () =>
  withMemory(async ({ target, run }) => {
    const { steps } = fourSteps(target);
    let lost = 0;
    target.hook.after = (_call, done): Done =>
      lost++ % 2 === 0 ? { outcome: 'unknown', detail: 'lost' } : done;
    const result = await run(fakePlan(steps));
    assert.deepEqual(result.left, []);
    assert.equal(new Set(target.calls).size, target.calls.length);
  }));

test('what somebody else made of an object in between stops the run and says what is left', () =>
  withMemory(async ({ target, run }) => {
    const { steps } = fourSteps(target);
    const other = fakeResource('kept', { data: { a: 'by hand' } });
    target.hook.after = (_call, done) => {
      target.objects.set(other.id, other);
      return done;
    };
    const result = await run(fakePlan(steps));
    assert.deepEqual(result.stops.map(field('reason')), ['changed']);
    assert.deepEqual(result.left, steps.slice(1).map(field('id')));
    assert.deepEqual(target.objects.get(other.id), other);
  }));

test('after a kill, an object that became something else is not taken for ours', () =>
  withMemory(async ({ target, run }) => {
    const { steps } = fourSteps(target);
    const [create] = steps;
    target.hook.before = () => {
      throw new Killed();
    };
    await assert.rejects(run(fakePlan(steps)), Killed);
    target.hook.before = () => undefined;
    const other = fakeResource('made', { data: { a: 'of somebody else' } });
    target.objects.set(other.id, other);
    const result = await run(fakePlan(steps));
    assert.deepEqual(
      result.stops.map(({ step, reason }) => [step.id, reason]),
      [[create?.id, 'changed']],
    );
  }));

test('a node with a health check that fails holds the next steps back, and a removed one is not judged', () =>
  withMemory(async ({ target, run }) => {
    const old = fakeResource('old');
    target.objects.set(old.id, old);
    const made = fakeStep('create', fakeResource('a'), null, { gate: 'healthy' });
    const removed = fakeStep('delete', old, old, { gate: 'gone' });
    const judge = async (): Promise<Health> => ({ state: 'waiting', detail: 'its finality lags' });
    const { stops, done } = await run(fakePlan([removed, made]), { judge });
    assert.deepEqual(done, [removed.id]);
    assert.deepEqual(stops.map(fields('reason', 'detail')), [
      ['gate-timeout', 'its finality lags; waited 10 s'],
    ]);
  }));

test('when told to stop it begins nothing more and says what is left', () =>
  withMemory(async ({ target, run }) => {
    const stop = new AbortController();
    const { steps } = fourSteps(target);
    target.hook.after = (_call, done) => {
      stop.abort();
      return done;
    };
    const result = await run(fakePlan(steps), { signal: stop.signal });
    assert.equal(target.calls.length, 1);
    assert.equal(result.left.length, steps.length - result.done.length);
    target.hook.after = (_call, done) => done;
    assert.deepEqual((await run(fakePlan(steps))).left, []);
  }));

test('many equal pods change by stages: one, half, all', () =>
  withMemory(async ({ target, run }) => {
    const plan = rollout(target);
    assert.deepEqual((await run(plan)).left, []);
    const id = plan.steps[0]?.resourceId;
    assert.deepEqual(target.calls, [`apply ${id} partition 3`, `apply ${id} partition 2`, `apply ${id}`]);
    assert.deepEqual(target.objects.get(id ?? '')?.body, plan.steps[0]?.resource?.body);
  }));

test('a first pod that does not become healthy brings the version before back', () =>
  withMemory(async ({ target, run, events }) => {
    const plan = rollout(target);
    const id = plan.steps[0]?.resourceId ?? '';
    const before = target.objects.get(id);
    target.healths.set(id, WAITING);
    const { stops } = await run(plan);
    assert.deepEqual(stops.map(field('reason')), ['rolled-back']);
    assert.deepEqual(target.objects.get(id)?.body, before?.body);
    assert.equal(target.calls.length, 2);
    assert.ok(events.some(({ state }) => state === 'stopped'));
    target.healths.clear();
    const again = await run(plan);
    assert.deepEqual(again.stops.map(field('reason')), ['rolled-back']);
    assert.equal(target.calls.length, 2);
  }));
