import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Done, Health } from '../live/port.ts';
import type { Plan, Step } from '../plan/change.ts';
import { applyPlan } from './apply-plan.ts';
import { fakeField, fakePlan, fakeResource, fakeStep } from './fake-plan.ts';
import { type FakeTarget, fakeTarget } from './fake-target.ts';
import { openJournal } from './journal.ts';
import type { ApplyEvent, ApplyResult, ApplySettings } from './settings.ts';

/** The process ends here. */
class Killed extends Error {}

interface Ground {
  readonly target: FakeTarget;
  readonly file: string;
  readonly run: (plan: Plan, change?: Partial<ApplySettings>) => Promise<ApplyResult>;
  readonly events: ApplyEvent[];
}

function withGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-apply-'));
  const file = join(folder, 'journal');
  const target = fakeTarget();
  const events: ApplyEvent[] = [];
  const run = async (plan: Plan, change: Partial<ApplySettings> = {}): Promise<ApplyResult> => {
    const header = {
      format: 'watchbill/journal/1',
      plan: plan.id,
      network: plan.network,
      identities: {},
    } as const;
    const opened = openJournal(file, header);
    assert.ok(opened.ok);
    try {
      return await applyPlan({ ...defaults(target, events), plan, journal: opened.journal, ...change });
    } finally {
      opened.journal.close();
    }
  };
  return work({ target, file, run, events }).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** Virtual time: a sleep is over at once. */
function defaults(target: FakeTarget, events: ApplyEvent[]): Omit<ApplySettings, 'plan' | 'journal'> {
  let nowMs = 0;
  return {
    targets: new Map([['ams', target]]),
    clock: {
      monotonicMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
    checkSigner: async () => ({ state: 'healthy' }),
    gateTimeoutMs: 10_000,
    pollMs: 1_000,
    onEvent: (event) => void events.push(event),
    signal: new AbortController().signal,
  };
}

/** Each action once: the order is forced by needs. */
function fourSteps(target: FakeTarget): {
  readonly steps: readonly Step[];
  readonly after: readonly string[];
} {
  const [kept, gone, swapped] = [fakeResource('kept'), fakeResource('gone'), fakeResource('swapped')];
  for (const one of [kept, gone, swapped]) target.objects.set(one.id, one);
  const made = fakeResource('made', { data: { a: '1' } });
  const create = fakeStep('create', made, null, { gate: 'healthy' });
  const changed = fakeResource('kept', { data: { a: '2' } });
  const update = fakeStep('update', changed, kept, { needs: [create.id] });
  const replace = fakeStep('replace', fakeResource('swapped', { data: { a: '3' } }), swapped, {
    needs: [update.id],
  });
  const remove = fakeStep('delete', gone, gone, { needs: [replace.id], gate: 'gone' });
  return {
    steps: [create, update, replace, remove],
    after: [made.id, changed.id, swapped.id].sort(),
  };
}

test('steps are done in their order, and a second run does nothing', () =>
  withGround(async ({ target, run }) => {
    const { steps, after } = fourSteps(target);
    const plan = fakePlan(steps);
    const first = await run(plan);
    assert.deepEqual(first, { done: steps.map(({ id }) => id), left: [], stops: [] });
    assert.deepEqual([...target.objects.keys()].sort(), after);
    const calls = [...target.calls];
    assert.deepEqual(await run(plan), first);
    assert.deepEqual(target.calls, calls);
  }));

function endAt(target: FakeTarget, isAfter: boolean, end: () => void): void {
  if (!isAfter) {
    target.hook.before = end;
    return;
  }
  target.hook.after = (_call, done) => {
    end();
    return done;
  };
}

test('ended before or after any change, a run is taken up again and does each thing once', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(6), fc.boolean()), { maxLength: 4 }), (kills) =>
      withGround(async ({ target, run }) => {
        const { steps, after } = fourSteps(target);
        for (const [nth, isAfter] of kills) {
          let seen = 0;
          const end = (): void => {
            if (seen++ === nth) throw new Killed();
          };
          endAt(target, isAfter, end);
          await run(fakePlan(steps)).catch((error: unknown) => assert.ok(error instanceof Killed));
          target.hook.before = () => undefined;
          target.hook.after = (_call, done) => done;
        }
        const result = await run(fakePlan(steps));
        assert.deepEqual(result.left, []);
        assert.deepEqual([...target.objects.keys()].sort(), after);
        assert.equal(new Set(target.calls).size, target.calls.length, target.calls.join('; '));
      }),
    ),
    { numRuns: 60 },
  ));

test('a lost reply is looked into before anything is done again', () =>
  withGround(async ({ target, run }) => {
    const { steps } = fourSteps(target);
    let lost = 0;
    target.hook.after = (_call, done): Done =>
      lost++ % 2 === 0 ? { outcome: 'unknown', detail: 'lost' } : done;
    const result = await run(fakePlan(steps));
    assert.deepEqual(result.left, []);
    assert.equal(new Set(target.calls).size, target.calls.length);
  }));

test('what somebody else made of an object in between stops the run and says what is left', () =>
  withGround(async ({ target, run }) => {
    const { steps } = fourSteps(target);
    const other = fakeResource('kept', { data: { a: 'by hand' } });
    target.hook.after = (_call, done) => {
      target.objects.set(other.id, other);
      return done;
    };
    const result = await run(fakePlan(steps));
    assert.deepEqual(
      result.stops.map(({ reason }) => reason),
      ['changed'],
    );
    assert.deepEqual(
      result.left,
      steps.slice(1).map(({ id }) => id),
    );
    assert.deepEqual(target.objects.get(other.id), other);
  }));

test('after a kill, an object that became something else is not taken for ours', () =>
  withGround(async ({ target, run }) => {
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

const WAITING: Health = { state: 'waiting', detail: 'not ready: x-0' };

test('a gate is waited for, and nothing that needs it begins before', () =>
  withGround(async ({ target, run }) => {
    const first = fakeStep('create', fakeResource('a'), null, { gate: 'healthy' });
    const second = fakeStep('create', fakeResource('b'), null, { needs: [first.id] });
    target.healths.set(first.resourceId, WAITING);
    const result = await run(fakePlan([first, second]));
    assert.deepEqual(
      result.stops.map(({ reason, detail }) => [reason, detail]),
      [['gate-timeout', 'not ready: x-0; waited 10 s']],
    );
    assert.deepEqual(target.calls, [`apply ${first.resourceId}`]);
    target.healths.clear();
    assert.deepEqual((await run(fakePlan([first, second]))).left, []);
    assert.deepEqual(target.calls, [`apply ${first.resourceId}`, `apply ${second.resourceId}`]);
  }));

test('a state that is not known passes no gate, whichever it is', async () => {
  for (const gate of ['healthy', 'gone'] as const)
    await withGround(async ({ target, run }) => {
      const step = fakeStep('create', fakeResource('a'), null, { gate });
      target.healths.set(step.resourceId, { state: 'unknown', detail: 'not heard of' });
      const { stops } = await run(fakePlan([step]));
      assert.deepEqual(
        stops.map(({ reason }) => reason),
        ['gate-timeout'],
      );
    });
});

test('what is healthy and not well passes no gate, and what was removed is not judged', () =>
  withGround(async ({ target, run }) => {
    const old = fakeResource('old');
    target.objects.set(old.id, old);
    const made = fakeStep('create', fakeResource('a'), null, { gate: 'healthy' });
    const removed = fakeStep('delete', old, old, { gate: 'gone' });
    const judge = async (): Promise<Health> => ({ state: 'waiting', detail: 'its finality lags' });
    const { stops, done } = await run(fakePlan([removed, made]), { judge });
    assert.deepEqual(done, [removed.id]);
    assert.deepEqual(
      stops.map(({ reason, detail }) => [reason, detail]),
      [['gate-timeout', 'its finality lags; waited 10 s']],
    );
  }));

test('the next signer is not touched until the one before is verified', () =>
  withGround(async ({ target, run }) => {
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
  withGround(async ({ target, run }) => {
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
    assert.deepEqual(
      refused.stops.map(({ reason }) => reason),
      ['gate-timeout'],
    );
    assert.deepEqual(target.calls, []);
    assert.ok(asked.every((one) => one === `ams ${there.id}`));
    target.healths.set(there.id, { state: 'unknown', detail: 'not heard of' });
    assert.deepEqual((await run(plan)).left, [next.id]);
    target.healths.clear();
    assert.deepEqual((await run(plan)).left, []);
  }));

const WITHOUT_PEERS: Health = { state: 'waiting', detail: 'no peers', peers: 'missed' };

test('the first signer of a chain of its own is verified without peers, the next one not before it has some', () =>
  withGround(async ({ target, run }) => {
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
  withGround(async ({ target, run }) => {
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
  withGround(async ({ target, run }) => {
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

test('when told to stop it begins nothing more and says what is left', () =>
  withGround(async ({ target, run }) => {
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

function rollout(target: FakeTarget): Plan {
  const spec = (image: string) => ({ spec: { replicas: 4, template: { image } } });
  const before = fakeResource('rpc', spec('one'), 'StatefulSet');
  target.objects.set(before.id, before);
  const after = fakeResource('rpc', spec('two'), 'StatefulSet');
  const fields = [fakeField(['spec', 'template', 'image'], 'one', 'two')];
  return fakePlan([fakeStep('update', after, before, { gate: 'healthy', fields })]);
}

test('many equal pods change by stages: one, half, all', () =>
  withGround(async ({ target, run }) => {
    const plan = rollout(target);
    assert.deepEqual((await run(plan)).left, []);
    const id = plan.steps[0]?.resourceId;
    assert.deepEqual(target.calls, [`apply ${id} partition 3`, `apply ${id} partition 2`, `apply ${id}`]);
    assert.deepEqual(target.objects.get(id ?? '')?.body, plan.steps[0]?.resource?.body);
  }));

test('a first pod that does not become healthy brings the version before back', () =>
  withGround(async ({ target, run, events }) => {
    const plan = rollout(target);
    const id = plan.steps[0]?.resourceId ?? '';
    const before = target.objects.get(id);
    target.healths.set(id, WAITING);
    const { stops } = await run(plan);
    assert.deepEqual(
      stops.map(({ reason }) => reason),
      ['rolled-back'],
    );
    assert.deepEqual(target.objects.get(id)?.body, before?.body);
    assert.equal(target.calls.length, 2);
    assert.ok(events.some(({ state }) => state === 'stopped'));
    target.healths.clear();
    const again = await run(plan);
    assert.deepEqual(
      again.stops.map(({ reason }) => reason),
      ['rolled-back'],
    );
    assert.equal(target.calls.length, 2);
  }));

test('ended between two stages, a roll-out goes on from where it is', () =>
  fc.assert(
    fc.asyncProperty(fc.nat(2), fc.boolean(), (nth, isAfter) =>
      withGround(async ({ target, run }) => {
        const plan = rollout(target);
        let seen = 0;
        const end = (): void => {
          if (seen++ === nth) throw new Killed();
        };
        endAt(target, isAfter, end);
        await assert.rejects(run(plan), Killed);
        target.hook.before = () => undefined;
        target.hook.after = (_call, done) => done;
        const fingerprints = target.calls.length;
        assert.deepEqual((await run(plan)).left, []);
        assert.ok(target.calls.length >= fingerprints);
        assert.deepEqual(
          target.objects.get(plan.steps[0]?.resourceId ?? '')?.body,
          plan.steps[0]?.resource?.body,
        );
      }),
    ),
    { numRuns: 12 },
  ));
