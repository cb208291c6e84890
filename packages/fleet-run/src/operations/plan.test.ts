import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/base/testing';
import type { Place } from '@watchbill/fleet';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
import { OperationFault } from '../fault/fault.ts';
import { rememberLines } from './past-places.ts';
import { type PlanInput, planNetwork } from './plan.ts';
import { type FakeMemory, fakeMemory } from './testing/fake-memory.ts';
import { declaredNetwork } from './testing/network.ts';

const RPC = ['rpc: {role: rpc, count: 1}'];
const SIN: Place = { target: 'kubernetes', name: 'sin', context: 'sin', namespace: 'nodes' };

interface Bench {
  readonly memory: FakeMemory;
  readonly ams: FakeTarget;
  readonly plan: (
    change?: Partial<PlanInput>,
    more?: Readonly<Record<string, IdentifiedTarget>>,
  ) => ReturnType<typeof planNetwork>;
}

function bench(): Bench {
  const memory = fakeMemory();
  const ams = fakeTarget();
  return {
    memory,
    ams,
    plan: async (change = {}, more = {}) => {
      const clock = createVirtualClock({ startMs: 5_000 });
      const all: Readonly<Record<string, IdentifiedTarget>> = { ams, ...more };
      return planNetwork(
        {
          clock,
          memory,
          openTargets: async (_network, places) => ({
            byPlace: new Map(
              places.flatMap(({ name }) => {
                const found = all[name];
                return found === undefined ? [] : [[name, found] as const];
              }),
            ),
            close: () => undefined,
          }),
        },
        { declared: declaredNetwork(RPC), timeoutMs: 60_000, onEvent: () => undefined, ...change },
      );
    },
  };
}

test('a plan is saved with its places, their identities and the gates of the file', async () => {
  const { memory, plan } = bench();
  const made = await plan();
  assert.deepEqual(made.plan.problems, []);
  assert.ok(made.plan.steps.length > 0);
  assert.equal(made.file, made.plan.id);
  const saved = memory.plans.get(made.plan.id);
  assert.deepEqual([saved?.identities, saved?.takeOver, saved?.madeAtMs], [{ ams: 'uid-1' }, false, 5_000]);
  assert.ok(saved?.gates !== undefined);
  assert.match(made.notes.join('\n'), /memory remembers nothing of network net/);
});

test('everything that is there is removed by a plan of removal, which has no gates', async () => {
  const { memory, ams, plan } = bench();
  for (const { resource } of (await plan()).plan.steps)
    if (resource?.target === 'kubernetes') ams.objects.set(resource.id, resource);
  const again = await plan();
  assert.deepEqual([again.plan.steps, again.file], [[], null]);
  const down = await plan({ removeAll: true });
  assert.ok(down.plan.steps.length > 0);
  assert.deepEqual([...new Set(down.plan.steps.map(({ action }) => action))], ['delete']);
  assert.equal(memory.plans.get(down.plan.id)?.gates, undefined);
  assert.equal((await memory.remembered('net'))?.places.length, 1, 'a place in use is remembered');
  assert.doesNotMatch(down.notes.join('\n'), /remembers nothing/);
});

test('a place that does not answer, and two names of one place, refuse the plan', async () => {
  const { memory, plan } = bench();
  const away = {
    ...fakeTarget(),
    identity: async () => ({ ok: false, reason: 'unreachable', detail: 'no route' }) as const,
  };
  await assert.rejects(
    plan({}, { ams: away }),
    (error: unknown) => error instanceof OperationFault && error.kind === 'unreachable',
  );
  const { graph, network } = declaredNetwork(RPC);
  const twice = { network, graph: { ...graph, places: [...graph.places, SIN] } };
  await assert.rejects(
    plan({ declared: twice }, { sin: { ...fakeTarget('sin'), place: SIN } }),
    (error: unknown) => error instanceof OperationFault && /ams and sin are one place/.test(error.message),
  );
  assert.equal(memory.plans.size, 0);
});

test('a remembered place that the file does not name is emptied by the plan', async () => {
  const { memory, plan } = bench();
  const sin = fakeTarget('sin', 'uid-2');
  const { steps } = (await plan()).plan;
  const first = steps.find(({ resource }) => resource?.lifecycle === 'reconcile')?.resource;
  assert.ok(first?.target === 'kubernetes');
  sin.objects.set('sin/ConfigMap/nodes/old', { ...first, id: 'sin/ConfigMap/nodes/old', place: 'sin' });
  await memory.add('net', rememberLines(null, [SIN], { sin: 'uid-2' }));
  const { plan: made, notes } = await plan({}, { sin: { ...sin, place: SIN } });
  assert.ok(made.steps.some(({ id }) => id === 'delete sin/ConfigMap/nodes/old'));
  assert.match(notes.join('\n'), /sin \(context sin, namespace nodes\) is not in the file any more/);
});

test('a plan beside a place that cannot be seen, or beside changes of signers that did not end, is not saved', async () => {
  const { memory, plan } = bench();
  await memory.add('net', rememberLines(null, [SIN], { sin: 'uid-2' }));
  const unseen = await plan();
  assert.deepEqual([unseen.plan.problems.map(({ code }) => code), unseen.file], [['unreachable'], null]);
  await plan({ forgetPlaces: ['sin'] });
  memory.begunSigning.push({ journal: 'one', plan: 'abcdef0123456789', steps: ['delete ams/x'] });
  const open = await plan();
  assert.deepEqual([open.plan.problems.map(({ code }) => code), open.file], [['unfinished'], null]);
  const given: string[] = [];
  const abandoned = await plan({ abandon: ['abcdef01'], onEvent: ({ kind }) => void given.push(kind) });
  assert.deepEqual([abandoned.plan.problems, given], [[], ['plan-abandoned']]);
});
