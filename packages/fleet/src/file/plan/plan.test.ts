import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '@watchbill/kit';
import { field, fields } from '@watchbill/kit/testing';
import { bodyJson, type Graph } from '../graph/resource.ts';
import type { Proposal } from '../live/port.ts';
import { liveOf, type ReadChanges, readsOf, withAt } from '../testing/live.ts';
import { IMAGE, readFixture, SOLO, WIDE } from '../testing/networks.ts';
import { type Plan, RISKS, type Risk, type Step } from './change.ts';
import { neededConsent } from './needed-consent.ts';
import { planChanges } from './plan.ts';

const solo = readFixture(SOLO).graph;
const SET = 'main/StatefulSet/harbour/validators-main-0';
const RPC = 'main/StatefulSet/harbour/rpc-main';

function planOf(from: Graph | null, to: Graph, changes: ReadChanges = {}): Plan {
  return planChanges(to, readsOf(from, to, changes));
}

function edited(before: string | RegExp, after: string, text = SOLO): Graph {
  const changed = text.replace(before, after);
  assert.notEqual(changed, text);
  return readFixture(changed).graph;
}

function stepOf(plan: Plan, id: string): Step {
  const step = plan.steps.find(({ resourceId }) => resourceId === id);
  assert.ok(step !== undefined, `no step for ${id}: ${plan.steps.map((one) => one.id).join(', ')}`);
  return step;
}

describe('the risk of a change', () => {
  const cases: readonly (readonly [name: string, graph: Graph, id: string, risk: Risk, field: string])[] = [
    ['another image', edited(IMAGE, IMAGE.replaceAll('ab', 'cd')), SET, 'restart', 'image'],
    ['another flag', edited('500', '600'), RPC, 'restart', '--rpc-max-connections'],
    ['fewer nodes that do not sign', edited('count: 2', 'count: 1'), RPC, 'restart', 'replicas'],
    ['more of them', edited('count: 2', 'count: 3'), RPC, 'safe', 'replicas'],
    [
      'an archive of a pruned node',
      edited('role: rpc', 'role: rpc, pruning: archive'),
      RPC,
      'data-loss',
      '--state-pruning',
    ],
    ['more states', edited('role: rpc', 'role: rpc, pruning: 1000'), RPC, 'restart', '--state-pruning'],
    ['another chain', edited('westend', 'paseo'), RPC, 'data-loss', '--chain'],
    [
      'keys from a Secret',
      edited(
        'count: 3',
        'count: 3, keys: {session: {source: secret, secret: "{node}", types: {babe: sr25519}}}',
      ),
      SET,
      'signing',
      'metadata.annotations.watchbill/key-set',
    ],
    [
      'an archive of a signer that does not sign any more',
      edited('role: validator', 'role: archive'),
      SET,
      'signing',
      '--validator',
    ],
    [
      'pods of other numbers, which have other volumes',
      edited(
        'pools:',
        'patches: [{kind: StatefulSet, pool: rpc, patch: {spec: {ordinals: {start: 1}}}}]\npools:',
      ),
      RPC,
      'data-loss',
      'ordinals',
    ],
    ['memory', edited('role: rpc', 'role: rpc, resources: {memoryGiB: 9}'), RPC, 'restart', 'memory'],
  ];
  for (const [name, graph, id, risk, field] of cases)
    test(name, () => {
      const step = stepOf(planOf(solo, graph), id);
      const found = step.fields.filter(({ path }) => path.includes(field) || path.join('.') === field);
      assert.ok(found.length > 0, step.fields.map(({ path }) => path.join('.')).join('; '));
      assert.ok(
        found.every((one) => one.risk === risk),
        found.map((one) => one.risk).join(),
      );
      assert.ok(RISKS.indexOf(step.risk) >= RISKS.indexOf(risk), step.risk);
    });

  test('a signer that stops, and one that starts with keys from a Secret', () => {
    const fewer = planOf(solo, edited('count: 3', 'count: 2'));
    const gone = stepOf(fewer, 'main/StatefulSet/harbour/validators-main-2');
    assert.deepEqual([gone.action, gone.risk, gone.gate], ['delete', 'signing', 'gone']);
    assert.deepEqual(neededConsent(fewer), ['signing']);
    const seeded = stepOf(planOf(null, readFixture(WIDE).graph), 'east/StatefulSet/nodes/collators-east-1');
    assert.equal(seeded.risk, 'signing');
    assert.deepEqual(neededConsent(planOf(null, solo)), []);
  });

  test('what is of no node is safe', () => {
    const plan = planOf(solo, edited('role: rpc', 'role: rpc, monitoring: {podMonitor: true}'));
    assert.deepEqual(plan.steps.map(fields('action', 'risk')), [['create', 'safe']]);
  });
});

describe('fields that cannot be changed in place', () => {
  const immutable: Proposal = { ok: false, reason: 'immutable', detail: 'spec: Forbidden' };
  const grown = edited('role: validator', 'role: validator, storage: {chainGiB: 400}');
  const storage = ['spec', 'volumeClaimTemplates', 0, 'spec', 'resources', 'requests', 'storage'];

  test('the set is made anew; a volume that grows is safe, one that shrinks is not', () => {
    const proposals = { [SET]: immutable };
    const step = stepOf(planOf(solo, grown, { proposals }), SET);
    assert.equal(step.action, 'replace');
    assert.deepEqual(step.fields.map(fields('risk', 'before', 'after')), [['safe', '300Gi', '400Gi']]);
    const back = stepOf(planOf(grown, solo, { proposals }), SET);
    assert.deepEqual(back.fields.map(field('risk')), ['data-loss']);
  });

  test('what a server filled in is no difference', () => {
    const resource = solo.resources.find(({ id }) => id === SET);
    assert.ok(resource !== undefined);
    const filled = withAt(withAt(bodyJson(resource), ['spec', 'minReadySeconds'], 0), storage, '200Gi');
    const step = stepOf(
      planOf(solo, solo, { live: { [SET]: { body: filled } }, proposals: { [SET]: immutable } }),
      SET,
    );
    assert.deepEqual(
      step.fields.map(({ path }) => path.at(-1)),
      ['storage'],
    );
  });
});

describe('plans that are refused', () => {
  const codes = (plan: Plan) => [...new Set(plan.problems.map(({ code }) => code))];

  test('a place that cannot be read, since a signer may live there', () => {
    const down = { ok: false, place: 'main', reason: 'unreachable', detail: 'no route' } as const;
    const plan = planChanges(solo, [down]);
    assert.deepEqual(codes(plan), ['unreachable']);
    assert.deepEqual(plan.steps, []);
    assert.deepEqual(codes(planChanges(solo, [])), ['unreachable']);
    assert.deepEqual(codes(planChanges({ ...solo, resources: [] }, [])), ['unreachable']);
  });

  test('one unreadable place of several: the others are not changed either', () => {
    const { graph } = readFixture(WIDE);
    const reads = readsOf(null, graph).map((read) =>
      read.ok && read.state.place === 'west'
        ? ({ ok: false, place: 'west', reason: 'forbidden', detail: 'no rights' } as const)
        : read,
    );
    const plan = planChanges(graph, reads);
    assert.deepEqual(codes(plan), ['forbidden']);
    assert.deepEqual(plan.steps, []);
  });

  test('objects of others are never removed', () => {
    const gone = { ...solo, resources: [] };
    const others = { [RPC]: { network: 'other' }, [SET]: { network: null } };
    const removed = planChanges(gone, readsOf(solo, gone, { live: others })).steps.map(
      ({ resourceId }) => resourceId,
    );
    assert.ok(removed.includes('main/StatefulSet/harbour/validators-main-1'));
    assert.ok(!removed.includes(RPC) && !removed.includes(SET));
  });

  test('what others made, and what belongs to another network', () => {
    assert.deepEqual(codes(planOf(solo, solo, { live: { [RPC]: { network: null } } })), ['not-ours']);
    assert.deepEqual(codes(planOf(solo, solo, { live: { [RPC]: { network: 'other' } } })), ['not-ours']);
  });

  for (const reason of ['conflict', 'invalid', 'forbidden', 'unreachable'] as const)
    test(`a dry run that ended with ${reason}`, () => {
      const plan = planOf(solo, solo, { proposals: { [RPC]: { ok: false, reason, detail: 'because' } } });
      assert.deepEqual(plan.problems.map(fields('code', 'resourceId', 'what')), [[reason, RPC, 'because']]);
    });

  test('a Secret that is not there', () => {
    const { graph } = readFixture(WIDE);
    const reads = readsOf(graph, graph).map((read) =>
      read.ok && read.state.place === 'east'
        ? { ...read, state: { ...read.state, missing: graph.expects } }
        : read,
    );
    const plan = planChanges(graph, reads);
    assert.deepEqual(codes(plan), ['missing']);
    assert.match(plan.problems[0]?.what ?? '', /Secret/);
    assert.match(
      plan.problems[0]?.remedy ?? '',
      /kubectl --context \S+ --namespace \S+ create secret generic \S+ --from-file=\S+=FILE/,
    );
  });

  test('a graph that breaks an invariant', () => {
    const resources = solo.resources.map((one) => (one.id === SET ? { ...one, afterHealthy: [] } : one));
    const broken = resources.map((one) =>
      one.id === 'main/StatefulSet/harbour/validators-main-1' ? { ...one, afterHealthy: [] } : one,
    );
    assert.deepEqual(codes(planOf(null, { ...solo, resources: broken })), ['invalid']);
  });

  test('a live Secret or volume with our mark is never removed', () => {
    for (const kind of ['Secret', 'PersistentVolumeClaim', 'Namespace']) {
      const [first] = solo.resources;
      assert.ok(first !== undefined);
      const id = `main/${kind}/harbour/keys`;
      const reads = readsOf(solo, solo).map((read) => {
        if (!read.ok) return read;
        const live = new Map(read.state.live).set(
          id,
          liveOf(first, 'harbour', { id, kind, lifecycle: 'reconcile' }),
        );
        return { ...read, state: { ...read.state, live } };
      });
      assert.deepEqual(codes(planChanges(solo, reads)), ['key-loss'], kind);
    }
  });
});

test('an object that is made once is left alone, whatever it looks like', () => {
  const id = 'main/Namespace/-/harbour';
  const live = { [id]: { network: null, body: { changed: 'by hand' } as Json } };
  const plan = planOf(solo, solo, { live });
  assert.deepEqual([plan.steps, plan.problems], [[], []]);
});

test('a signer waits for the untouched one before it', () => {
  const second = 'main/StatefulSet/harbour/validators-main-1';
  const graph = edited('count: 3', 'count: 3, instances: {main-1: {resources: {cpu: 5}}}');
  assert.deepEqual(stepOf(planOf(solo, graph), second).healthyFirst, [SET]);
});

test('what is removed goes after what used it', () => {
  const plan = planOf(solo, edited(/ {2}rpc:.*\n/, ''));
  const set = stepOf(plan, RPC);
  for (const kind of ['Service', 'NetworkPolicy'])
    assert.deepEqual(stepOf(plan, `main/${kind}/harbour/rpc-main`).needs, [set.id]);
});

test('the id of a plan depends on its actions: the same for the same, another for another', () => {
  assert.equal(planOf(null, solo).id, planOf(null, readFixture(SOLO).graph).id);
  assert.notEqual(planOf(null, solo).id, planOf(null, edited('500', '600')).id);
  const live = { [RPC]: { fingerprint: 'another' } };
  const other = edited('500', '600');
  assert.notEqual(planOf(solo, other).id, planOf(solo, other, { live }).id);
});

describe('secrets of machines', () => {
  const session = (secret: string, set: string) =>
    `keys: {session: {source: secret, secret: ${secret}, set: ${set}, types: {aura: sr25519}}}`;
  const on = (own: string) =>
    readFixture(WIDE.replace('      east-1:\n', `      iron-0: {${own}}\n      east-1:\n`)).graph;
  const UNIT = 'iron/unit/watchbill-wide-collators-iron-0.service';
  const duty = 'duty: {services: ["https://watch:8443"], secret: d}';

  /** The same with another program, under another path. */
  const released = (graph: Graph): Graph =>
    JSON.parse(JSON.stringify(graph).replaceAll('efefefefefef/', '111111111111/')) as Graph;

  test('other keys, keys from elsewhere and another way to use them are of the class signing', () => {
    const changes: readonly (readonly [Graph, Graph])[] = [
      [on(session('s', 'one')), on(session('s', 'two'))],
      [readFixture(WIDE).graph, on(session('s', 'one'))],
      [on(session('s', 'one')), readFixture(WIDE).graph],
      [on(session('s', 'one')), on(`${session('s', 'one')}, ${duty}`)],
      [on(`${session('s', 'one')}, ${duty}`), on(session('s', 'one'))],
    ];
    for (const [before, after] of changes) {
      const plan = planOf(before, after);
      assert.deepEqual(plan.problems, []);
      assert.equal(stepOf(plan, UNIT).risk, 'signing');
      assert.deepEqual(neededConsent(plan), ['signing']);
    }
    const types = [on(session('s', 'one')), on(session('s', 'one').replace('{aura', '{gran: ed25519, aura'))];
    const more = planOf(types[0] ?? null, types[1] ?? readFixture(WIDE).graph);
    assert.deepEqual(neededConsent(more), ['signing'], 'one more key');
    const program = planOf(on(session('s', 'one')), released(on(session('s', 'one'))));
    assert.deepEqual(neededConsent(program), [], 'another release inserts the same keys');
    const token = planOf(on(duty), on(duty.replace('secret: d', 'secret: e')));
    assert.equal(stepOf(token, UNIT).risk, 'signing', 'with another token it is another one to the services');
  });

  test('what is missing refuses the plan, and says how it is put there', () => {
    const graph = on(session('s', 'one'));
    const reads = readsOf(null, graph).map((read) =>
      read.ok && read.state.place === 'iron'
        ? {
            ...read,
            state: { ...read.state, missing: graph.expects.filter(({ place }) => place === 'iron') },
          }
        : read,
    );
    const [problem, ...others] = planChanges(graph, reads).problems;
    assert.deepEqual(others, []);
    assert.equal(problem?.resourceId, 'iron/credential/wide.s.aura');
    assert.match(problem?.what ?? '', /seed of a session key of collators-iron-0/);
    assert.match(problem?.remedy ?? '', /fleet keys secrets put/);
  });
});
