import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import type { Graph } from '../graph/resource.ts';
import { readsOf } from '../testing/live.ts';
import { IN_CLUSTER, ON_MACHINES, serviceGraph } from '../testing/services.ts';
import { neededConsent } from './needed-consent.ts';
import { planChanges } from './plan.ts';

const planOf = (before: Graph | null, after: Graph) => planChanges(after, readsOf(before, after));
const cluster = (more: object = {}) => serviceGraph({ ...IN_CLUSTER, ...more }, null);
const machines = (...places: readonly string[]) =>
  serviceGraph({ ...ON_MACHINES, ...(places.length === 0 ? {} : { places }) }, null);
const unit = (place: string) => `${place}/unit/watchbill-harbour-watch-${place}.service`;

describe('a change of the services', () => {
  test('on machines goes one by one, each after the one before it grants', () => {
    const after = serviceGraph({ ...ON_MACHINES, command: '/opt/watchbill-2/bin/watchbill' }, null);
    const { steps, problems } = planOf(machines(), after);
    assert.deepEqual(problems, []);
    assert.deepEqual(steps.map(fields('id', 'gate', 'needs', 'risk')), [
      [`update ${unit('iron')}`, 'healthy', [], 'restart'],
      [`update ${unit('steel')}`, 'healthy', [`update ${unit('iron')}`], 'restart'],
      [`update ${unit('tin')}`, 'healthy', [`update ${unit('steel')}`], 'restart'],
    ]);
  });

  test('of one alone waits until the one before it, which stays, is healthy', () => {
    const before = machines('iron', 'steel', 'tin');
    const reads = readsOf(before, before, {
      live: { [unit('tin')]: { body: { kind: 'unit', name: 'x', text: '[Service]\nUser=x\n' } } },
    });
    const [step, ...more] = planChanges(before, reads).steps;
    assert.deepEqual([step?.resourceId, step?.healthyFirst, more], [unit('tin'), [unit('steel')], []]);
  });

  test('in a cluster is one step of the set, which changes its pods one by one', () => {
    const [step, ...more] = planOf(cluster(), cluster({ resources: { memoryGiB: 2 } })).steps;
    assert.deepEqual([step?.action, step?.risk, step?.gate, more], ['update', 'restart', 'healthy', []]);
  });
});

describe('services that go', () => {
  test('one machine for another is planned; two, or all three, are refused', () => {
    const one = planOf(machines('iron', 'steel', 'tin'), machines('iron', 'steel', 'lead'));
    assert.deepEqual(one.problems, []);
    const units = one.steps.filter(({ resourceId }) => resourceId.includes('/unit/'));
    const [before, after] = units;
    assert.equal(units.length, 2);
    assert.ok(after?.needs.includes(before?.id ?? ''), 'never both at the same time');
    const [two, three] = [machines('iron', 'lead', 'zinc'), cluster()].map(
      (after) => planOf(machines('iron', 'steel', 'tin'), after).problems,
    );
    assert.match(JSON.stringify(two), /"service-quorum".*would remove 2 services of watch/);
    assert.match(JSON.stringify(three), /would remove 3 services of watch/);
  });

  test('the set of a service that moves is refused', () => {
    const { problems } = planOf(cluster(), machines());
    assert.match(JSON.stringify(problems), /"service-quorum".*would remove 3 services of watch/);
  });

  test('a whole service goes with the consent of a person, and its volumes stay', () => {
    for (const [before, bare] of [
      [cluster(), withoutService()],
      [machines(), withoutService()],
    ] as const) {
      const plan = planOf(before, bare);
      assert.deepEqual(plan.problems, []);
      assert.deepEqual(neededConsent(plan), ['signing']);
      assert.ok(plan.steps.some(({ why }) => /Its volumes stay/.test(why)));
      const removed = plan.steps.filter(({ action }) => action === 'delete');
      assert.ok(!removed.some(({ resourceId }) => /\/directory\/|PersistentVolume/.test(resourceId)));
    }
  });
});

/** The same places, and a pool in the place of the service. */
const withoutService = () =>
  serviceGraph(undefined, null, {
    pools: { rpc: { role: 'rpc', places: { main: 1, iron: 1, steel: 1, tin: 1 } } },
  });

describe('the memory of a service', () => {
  test('another volume is a risk that asks for consent', () => {
    const plan = planOf(cluster(), cluster({ storage: { class: 'fast' } }));
    assert.deepEqual(neededConsent(plan), ['data-loss']);
    assert.match(plan.steps[0]?.why ?? '', /without its memory/);
  });

  test('another store, or another ledger in it, asks for consent', () => {
    for (const store of [
      { ...IN_CLUSTER.store, prefix: '/other/' },
      { ...IN_CLUSTER.store, endpoints: ['https://192.0.2.9:2379'] },
    ])
      assert.deepEqual(neededConsent(planOf(cluster(), cluster({ store }))), ['signing']);
  });

  test('a new service asks for none', () => {
    assert.deepEqual(neededConsent(planOf(null, cluster())), []);
  });
});
