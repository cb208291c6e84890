import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '@watchbill/kit';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
import { planNetwork } from './plan.ts';
import type { RolloutNews } from './rollout.ts';
import { type RolloutInput, rolloutPlaces } from './rollout-places.ts';
import { type FakeMemory, fakeMemory } from './testing/fake-memory.ts';
import { declaredNetwork } from './testing/network.ts';

const RPC = ['rpc: {role: rpc, count: 2}'];

interface Bench {
  readonly memory: FakeMemory;
  readonly ams: FakeTarget;
  readonly news: RolloutNews[];
  /** The objects of ams become those that the network declares. */
  readonly settle: () => Promise<void>;
  readonly roll: (
    change: Partial<RolloutInput>,
    target?: IdentifiedTarget,
  ) => ReturnType<typeof rolloutPlaces>;
}

function bench(): Bench {
  const memory = fakeMemory();
  const ams = fakeTarget();
  const news: RolloutNews[] = [];
  const portsOf = (clock: ReturnType<typeof createVirtualClock>, target: IdentifiedTarget) => ({
    clock,
    memory,
    openTargets: async () => ({ byPlace: new Map([['ams', target]]), close: () => undefined }),
  });
  return {
    memory,
    ams,
    news,
    settle: async () => {
      const declared = declaredNetwork(RPC);
      const ports = portsOf(createVirtualClock(), ams);
      const { plan } = await planNetwork(ports, { declared, timeoutMs: 60_000, onEvent: () => undefined });
      for (const { resource } of plan.steps)
        if (resource?.target === 'kubernetes') ams.objects.set(resource.id, resource);
    },
    roll: async (change, target = ams) => {
      const clock = createVirtualClock({ flowing: true });
      try {
        return await rolloutPlaces(portsOf(clock, target), {
          declared: declaredNetwork(RPC, 'b'),
          file: 'network.yaml',
          wishes: { deadlineMs: 60_000, soakSeconds: 1, gateSeconds: 10 },
          onEvent: (one) => void news.push(one),
          signal: new AbortController().signal,
          ...change,
        });
      } finally {
        clock.halt();
      }
    },
  };
}

function faultOf(code: string, kind: string): (error: unknown) => boolean {
  return (error) => error instanceof Fault && error.code === code && error.kind === kind;
}

test('without a change of nodes that run there is no roll-out', async () => {
  const { settle, roll } = bench();
  await settle();
  assert.deepEqual(await roll({ declared: declaredNetwork(RPC) }), {
    how: 'nothing',
    why: 'all is as declared',
  });
});

test('a pool that does not exist, and a change that cannot go back, are refused', async () => {
  const { ams, settle, roll } = bench();
  await assert.rejects(roll({}), faultOf('rollout-scope', 'denied'));
  await settle();
  await assert.rejects(roll({ pools: ['rcp'] }), faultOf('usage', 'usage'));
  assert.deepEqual(ams.calls, []);
});

test('a refused plan is not rolled out', async () => {
  const { memory, settle, roll } = bench();
  await settle();
  memory.begunSigning.push({ journal: 'one', plan: 'abcdef0123456789', steps: ['delete ams/x'] });
  await assert.rejects(roll({}), faultOf('plan-refused', 'denied'));
});

test('a node of which the present version cannot be read is not changed: it could not be put back', async () => {
  const { ams, settle, roll } = bench();
  await settle();
  await assert.rejects(roll({}, { ...ams, applied: async () => null }), faultOf('rollout-before', 'unknown'));
  assert.deepEqual(ams.calls, []);
});

test('a cluster that is another one when it begins is not changed', async () => {
  const { ams, settle, roll } = bench();
  await settle();
  let asked = 0;
  const other: IdentifiedTarget = {
    ...ams,
    identity: async () => ({ ok: true, identity: ++asked === 1 ? 'uid-1' : 'uid-2' }),
  };
  await assert.rejects(roll({}, other), faultOf('other-place', 'usage'));
  assert.deepEqual(ams.calls, []);
});

test('a moment that does not come ends the roll-out before it begins', async () => {
  const { ams, news, settle, roll } = bench();
  await settle();
  const wishes = { deadlineMs: 5_000, condition: { kind: 'block', height: 7 } as const };
  await assert.rejects(roll({ wishes }), faultOf('rollout-not-begun', 'unknown'));
  assert.ok(news.some(({ kind }) => kind === 'waiting'));
  assert.deepEqual(ams.calls, []);
});

test('a roll-out of another network in the same folder is not continued in its place', async () => {
  const { memory, ams, settle, roll } = bench();
  await settle();
  await assert.rejects(roll({}, { ...ams, applied: async () => null }), faultOf('rollout-before', 'unknown'));
  const plan = [...memory.plans.keys()].at(-1) ?? '';
  const unfinished = (network: string): void => {
    memory.open.rollout = {
      format: 'watchbill/rollout/1',
      ...{ network, what: plan, title: `plan ${plan.slice(0, 12)}`, before: {} },
    };
  };
  unfinished('other');
  await assert.rejects(roll({}), faultOf('rollout-other', 'denied'));
  assert.deepEqual(ams.calls, []);
  unfinished(declaredNetwork(RPC).graph.network);
  assert.equal((await roll({})).how, 'not-begun', 'one of this network goes on');
});

test('nodes that no one can ask pass no gate, so none is changed', async () => {
  const { ams, settle, roll } = bench();
  await settle();
  const end = await roll({});
  assert.equal(end.how, 'not-begun');
  assert.deepEqual(ams.calls, []);
});
