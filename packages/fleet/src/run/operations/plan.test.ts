import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { KubernetesResource } from '../../file/graph/index.ts';
import type { Place } from '../../file/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import type { MachineTraits } from '../apply/machine-traits.ts';
import { type FakeTarget, fakeTarget } from '../apply/testing/fake-target.ts';
import { rememberLines } from './past-places.ts';
import { type MadePlan, type PlanInput, planNetwork } from './plan.ts';
import { type FakeMemory, fakeMemory } from './testing/fake-memory.ts';
import { declaredNetwork } from './testing/network.ts';

const RPC = ['rpc: {role: rpc, count: 1}'];
const AMS: Place = { target: 'kubernetes', name: 'ams', context: null, namespace: 'nodes' };
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
  assert.match(made.notes.join('\n'), /memory has no record of network net/);
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
  assert.doesNotMatch(down.notes.join('\n'), /has no record of network/);
});

test('a place that does not answer, and two names of one place, refuse the plan', async () => {
  const { memory, plan } = bench();
  const away = {
    ...fakeTarget(),
    identity: async () => ({ ok: false, reason: 'unreachable', detail: 'no route' }) as const,
  };
  await assert.rejects(plan({}, { ams: away }), { kind: 'unreachable' });
  const { graph, network } = declaredNetwork(RPC);
  const twice = { network, graph: { ...graph, places: [...graph.places, SIN] } };
  await assert.rejects(plan({ declared: twice }, { sin: { ...fakeTarget('sin'), place: SIN } }), {
    message: /ams and sin are one place/,
  });
  assert.equal(memory.plans.size, 0);
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

const SECRET = '{session: {source: secret, secret: "{node}-keys", types: {babe: sr25519}}}';
const SIGNERS = declaredNetwork([`v: {role: validator, count: 1, keys: ${SECRET}}`]);

test('a signer with named keys starts only where the memory, or a person, knows the places of before', async () => {
  const { memory, plan } = bench();
  for (let times = 0; times < 2; times++) {
    const refused = await plan({ declared: SIGNERS });
    assert.deepEqual(codesOf(refused), ['no-memory']);
    assert.equal(refused.file, null);
    assert.equal(await memory.remembered('net'), null, 'a refused plan makes no memory');
  }
  assert.deepEqual(codesOf(await plan({ declared: SIGNERS, firstTime: true })), []);
  await memory.add('net', rememberLines(null, [AMS], { ams: 'uid-1' }));
  assert.deepEqual(codesOf(await plan({ declared: SIGNERS })), []);
});

test('keys that are born in a node need no memory', async () => {
  const { plan } = bench();
  assert.deepEqual(
    codesOf(await plan({ declared: declaredNetwork(['v: {role: validator, count: 1}']) })),
    [],
  );
});

test('signers with unknown keys are refused until a person claims that they differ; the plan keeps the claim', async () => {
  const { plan } = bench();
  const two = declaredNetwork([`v: {role: validator, count: 2, keys: ${SECRET}}`]);
  const refused = await plan({ declared: two, firstTime: true });
  assert.deepEqual(codesOf(refused), ['two-signers']);
  assert.match(
    refused.plan.problems[0]?.what ?? '',
    /the public keys of .*v-ams-0 and of .*v-ams-1 are not known/,
  );
  const claimed = await plan({ declared: two, firstTime: true, differentKeys: true });
  assert.deepEqual([codesOf(claimed), claimed.plan.differentKeys], [[], true]);
});

describe('a machine at another address', () => {
  const at = (host: string): Place => ({ target: 'machine', name: 'iron', host, port: 22, user: 'root' });
  const iron = declaredNetwork(RPC);
  const declared = {
    ...iron,
    graph: { ...iron.graph, resources: [], expects: [], places: [at('192.0.2.8')] },
  };

  const BEFORE = { dmiUuid: 'uuid-1', hostKeys: ['key-1'] };

  /** The plan with a machine that the memory knows at 192.0.2.7; `old` is what answers there. */
  async function moved(
    old: Partial<IdentifiedTarget>,
    change: Partial<PlanInput> = {},
    now: Partial<IdentifiedTarget> = {},
  ) {
    const memory = fakeMemory();
    await memory.add('net', rememberLines(null, [at('192.0.2.7')], { iron: 'id-1' }, { iron: BEFORE }));
    const asked: string[] = [];
    const machine = (host: string, more: Partial<IdentifiedTarget>): IdentifiedTarget => {
      asked.push(host);
      return { ...fakeTarget('iron', 'id-1'), place: at(host), start: started('boot-2'), ...more };
    };
    const made = await planNetwork(
      {
        clock: createVirtualClock({ startMs: 5_000 }),
        memory,
        openTargets: async (_network, places) => ({
          byPlace: new Map(
            places.map((place) => {
              const host = place.target === 'machine' ? place.host : '';
              return [place.name, machine(host, host === '192.0.2.7' ? old : now)] as const;
            }),
          ),
          close: () => undefined,
        }),
      },
      { declared, timeoutMs: 60_000, onEvent: () => undefined, ...change },
    );
    return { made, asked };
  }

  test('is a clone if the old address has the same machine id and another start', async () => {
    const { made, asked } = await moved({ start: started('boot-1') });
    assert.deepEqual([codesOf(made), asked], [['cloned-machine'], ['192.0.2.8', '192.0.2.7']]);
    assert.match(
      made.plan.problems[0]?.what ?? '',
      /192\.0\.2\.8 port 22 and 192\.0\.2\.7 port 22.* two machines with one machine id/,
    );
    const claimed = await moved({ start: started('boot-1') }, { sameMachine: ['iron'] });
    assert.deepEqual(codesOf(claimed.made), ['cloned-machine'], 'no claim helps where both answer');
  });

  test('is unknown if the old address does not answer, or not when it started', async () => {
    const away = { ok: false, reason: 'unreachable', detail: 'no route' } as const;
    for (const old of [{ identity: async () => away }, { start: async () => away }]) {
      const claimed = await moved(old, { sameMachine: ['iron'] });
      assert.deepEqual(codesOf(claimed.made), []);
      const { made } = await moved(old);
      assert.deepEqual(codesOf(made), ['cloned-machine']);
      assert.match(made.plan.problems[0]?.what ?? '', /still runs, there or elsewhere: no route/);
      assert.match(made.plan.problems[0]?.remedy ?? '', /--same-machine iron/);
    }
  });

  test('is the same one if it has both addresses, and unknown if another machine has the old one', async () => {
    assert.deepEqual(codesOf((await moved({})).made), []);
    const other = { identity: async () => ({ ok: true, identity: 'id-2' }) as const };
    const { made } = await moved(other);
    assert.deepEqual(codesOf(made), ['cloned-machine'], 'the machine of before may run at a third address');
    assert.match(made.plan.problems[0]?.what ?? '', /another machine answers there, with the id id-2/);
    assert.deepEqual(codesOf((await moved(other, { sameMachine: ['iron'] })).made), []);
  });

  test('is refused with what shows that it is other hardware', async () => {
    const away = { ok: false, reason: 'unreachable', detail: 'no route' } as const;
    const traits = { dmiUuid: 'uuid-2', hostKeys: ['key-1'] };
    const { made } = await moved({ identity: async () => away }, {}, { identity: shows(traits) });
    assert.match(
      made.plan.problems[0]?.what ?? '',
      /there or elsewhere: no route. It has the DMI UUID uuid-2 in place of uuid-1/,
    );
  });

  test('a claim about a machine that did not move is wrong usage', async () => {
    await assert.rejects(moved({}, { sameMachine: ['steel'] }), /steel has the same address as before/);
  });
});

describe('a machine by its traits', () => {
  const machine = (name: string, host: string): Place => ({
    ...{ target: 'machine', name, host, port: 22, user: 'root' },
  });
  const IRON = machine('iron', '192.0.2.7');
  const TIN = machine('tin', '192.0.2.8');
  const iron = declaredNetwork(RPC);
  const withPlaces = (places: readonly Place[]) => ({
    ...iron,
    graph: { ...iron.graph, resources: [], expects: [], places },
  });
  const shown = (place: Place, id: string, traits: MachineTraits) => ({
    ...fakeTarget(place.name, id),
    ...{ place, identity: shows(traits, id), start: started(`boot of ${id}`) },
  });

  test('with other hardware at the same address may be a copy; a claim is remembered', async () => {
    const { memory, plan } = bench();
    const before = { dmiUuid: 'uuid-1', hostKeys: ['key-1'] };
    const now = { dmiUuid: 'uuid-2', hostKeys: ['key-1'] };
    await memory.add('net', rememberLines(null, [IRON], { iron: 'id-1' }, { iron: before }));
    const declared = withPlaces([IRON]);
    const same = await plan({ declared }, { iron: shown(IRON, 'id-1', before) });
    assert.deepEqual(codesOf(same), []);
    const other = { iron: shown(IRON, 'id-1', now) };
    const refused = await plan({ declared }, other);
    assert.deepEqual(codesOf(refused), ['cloned-machine']);
    assert.match(
      refused.plan.problems[0]?.what ?? '',
      /iron at 192\.0\.2\.7 port 22 has the same machine id as before and the DMI UUID uuid-2 in place of uuid-1/,
    );
    assert.match(refused.plan.problems[0]?.remedy ?? '', /--same-machine iron/);
    assert.deepEqual(codesOf(await plan({ declared, sameMachine: ['iron'] }, other)), []);
    assert.deepEqual(codesOf(await plan({ declared }, other)), [], 'the claim is remembered');
    const back = await plan({ declared }, { iron: shown(IRON, 'id-1', before) });
    assert.deepEqual(codesOf(back), ['cloned-machine'], 'the claim is about that hardware');
  });

  test('is remembered with them, also where the memory has none yet', async () => {
    const { memory, plan } = bench();
    await memory.add('net', rememberLines(null, [IRON], { iron: 'id-1' }));
    const live = shown(IRON, 'id-1', { dmiUuid: 'uuid-1', hostKeys: [] });
    live.objects.set(OBJECT.id, OBJECT);
    await plan({ declared: withPlaces([IRON]) }, { iron: live });
    const remembered = await memory.remembered('net');
    assert.deepEqual(
      remembered?.places.map(({ traits }) => traits?.dmiUuid),
      ['uuid-1'],
    );
  });

  test('is a copy of another one of the file with its host key; a person may claim that its keys differ', async () => {
    const { plan } = bench();
    const declared = withPlaces([IRON, TIN]);
    const both = (key: string) => ({
      iron: shown(IRON, 'id-1', { dmiUuid: 'uuid-1', hostKeys: ['key-1'] }),
      tin: shown(TIN, 'id-2', { dmiUuid: 'uuid-2', hostKeys: [key] }),
    });
    const refused = await plan({ declared }, both('key-1'));
    assert.deepEqual(codesOf(refused), ['cloned-machine']);
    assert.match(
      refused.plan.problems[0]?.what ?? '',
      /iron and tin have different machine ids and the same ssh host key key-1/,
    );
    assert.deepEqual(codesOf(await plan({ declared, differentKeys: true }, both('key-1'))), []);
    assert.deepEqual(codesOf(await plan({ declared }, both('key-2'))), []);
  });
});

const OBJECT: KubernetesResource = {
  ...{ id: 'iron/unit/x', target: 'kubernetes', place: 'iron', kind: 'ConfigMap', name: 'x' },
  ...{ needs: [], afterHealthy: [], lifecycle: 'reconcile', namespace: 'nodes' },
  subject: { pool: 'rpc', node: null, role: 'rpc', keySet: null },
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
};

function shows(traits: MachineTraits, identity = 'id-1') {
  return async () => ({ ok: true, identity, traits }) as const;
}

function started(boot: string) {
  return async () => ({ ok: true, identity: boot }) as const;
}

function codesOf({ plan }: MadePlan): readonly string[] {
  return plan.problems.map(({ code }) => code);
}
