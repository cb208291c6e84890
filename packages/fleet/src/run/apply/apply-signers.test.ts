import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import type { Health } from '../../file/live/index.ts';
import { fakePlan, fakeResource, fakeStep } from './testing/fake-plan.ts';
import { withMemory } from './testing/ground.ts';

test('the next signer is not touched until the one before is verified', () =>
  withMemory(async ({ target, run }) => {
    const subject = { pool: 'v', node: 'v-0', role: 'validator', keySet: 'set-0' } as const;
    const signs = { gate: 'healthy', risk: 'signing', subject } as const;
    const first = fakeStep('create', fakeResource('v-0'), null, signs);
    const second = fakeStep('create', fakeResource('v-1'), null, { ...signs, needs: [first.id] });
    const plan = fakePlan([first, second]);
    const syncing = await run(plan, { checkSigner: async () => ({ state: 'waiting', detail: 'it syncs' }) });
    assert.deepEqual(syncing.left, [first.id, second.id]);
    assert.deepEqual(target.calls, [`apply ${first.resourceId}`]);
    assert.deepEqual((await run(plan)).left, []);
  }));

test('a signer that no step touches is verified before the next of its pool is touched', () =>
  withMemory(async ({ target, run }) => {
    const there = fakeResource('v-0');
    target.objects.set(there.id, there);
    const next = fakeStep('create', fakeResource('v-1'), null, { healthyFirst: [there.id] });
    const plan = fakePlan([next]);
    const asked: string[] = [];
    const checkSigner = async (place: string, id: string): Promise<Health> => {
      asked.push(`${place} ${id}`);
      return { state: 'waiting', detail: 'no peers' };
    };
    const refused = await run(plan, { checkSigner });
    assert.deepEqual(refused.stops.map(field('reason')), ['gate-timeout']);
    assert.deepEqual(target.calls, []);
    assert.ok(asked.every((one) => one === `ams ${there.id}`));
    target.healths.set(there.id, { state: 'unknown', detail: 'not heard of' });
    assert.deepEqual((await run(plan)).left, [next.id]);
    target.healths.clear();
    assert.deepEqual((await run(plan)).left, []);
  }));

test('a service that no step touches is healthy before the next one, and is never asked as a signer', () =>
  withMemory(async ({ target, run }) => {
    const there = fakeResource('watch-iron');
    target.objects.set(there.id, there);
    const subject = { pool: 'watch', node: null, role: null, keySet: null };
    const next = fakeStep('create', fakeResource('watch-tin'), null, { subject, healthyFirst: [there.id] });
    const checkSigner = async (): Promise<Health> => ({ state: 'unknown', detail: 'it has no RPC' });
    target.healths.set(there.id, { state: 'waiting', detail: '/readyz answers 503' });
    assert.deepEqual((await run(fakePlan([next]), { checkSigner })).left, [next.id]);
    assert.deepEqual(target.calls, []);
    target.healths.clear();
    assert.deepEqual((await run(fakePlan([next]), { checkSigner })).left, []);
  }));

const WITHOUT_PEERS: Health = { state: 'waiting', detail: 'no peers', peers: 'missed' };

test('the first signer of a new chain is verified without peers, the next one only once it has some', () =>
  withMemory(async ({ target, run }) => {
    const subject = { pool: 'v', node: 'v-0', role: 'validator', keySet: 'set-0' } as const;
    const signs = { gate: 'healthy', risk: 'signing', subject } as const;
    const [one, two] = [fakeResource('v-0'), fakeResource('v-1')];
    const first = fakeStep('create', one, null, signs);
    const second = fakeStep('create', two, null, { ...signs, needs: [first.id] });
    const third = fakeStep('create', fakeResource('v-2'), null, { ...signs, needs: [second.id] });
    const chains = [{ ownOnly: true, nodes: [one.id, two.id] }];
    const plan = fakePlan([first, second, third], { chains });
    const stopped = await run(plan, { checkSigner: async () => WITHOUT_PEERS });
    assert.deepEqual(stopped.done, [first.id]);
    assert.deepEqual(
      stopped.stops.map(({ step, reason, detail }) => [step.id, reason, detail]),
      [[second.id, 'gate-timeout', `no peers, and ${one.id} runs the same chain; waited 10 s`]],
    );
    assert.deepEqual(target.calls, [`apply ${one.id}`, `apply ${two.id}`]);
  }));

test('a signer that no step touches may be alone before there is a second, and not after', () =>
  withMemory(async ({ target, run }) => {
    const [there, other] = [fakeResource('v-0'), fakeResource('rpc')];
    target.objects.set(there.id, there);
    const next = fakeStep('create', fakeResource('v-1'), null, { healthyFirst: [there.id] });
    const chains = (ownOnly: boolean) => [{ ownOnly, nodes: [there.id, other.id, next.resourceId] }];
    const checkSigner = async (): Promise<Health> => WITHOUT_PEERS;
    const ofOthers = fakePlan([next], { chains: chains(false) });
    assert.deepEqual((await run(ofOthers, { checkSigner })).left, [next.id]);
    const own = fakePlan([next], { chains: chains(true) });
    target.objects.set(other.id, other);
    assert.deepEqual((await run(own, { checkSigner })).left, [next.id]);
    assert.deepEqual(target.calls, []);
    target.objects.delete(other.id);
    assert.deepEqual((await run(own, { checkSigner })).left, []);
  }));

test('two steps that touch signers are never on their way together', () =>
  withMemory(async ({ target, run }) => {
    const risk = { gate: 'healthy', risk: 'signing' } as const;
    const steps = ['a', 'b', 'c'].map((name) => fakeStep('create', fakeResource(name), null, risk));
    let open = 0;
    let most = 0;
    const health = target.health;
    const counted = {
      ...target,
      apply: (...args: Parameters<typeof target.apply>) => {
        open += 1;
        most = Math.max(most, open);
        return target.apply(...args);
      },
      health: async (...args: Parameters<typeof health>) => {
        open -= 1;
        return health(...args);
      },
    };
    await run(fakePlan(steps), { targets: new Map([['ams', counted]]) });
    assert.equal(most, 1);
  }));
