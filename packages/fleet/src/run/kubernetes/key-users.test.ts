import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isRecord, type JsonRecord } from '@watchbill/kit';
import type { Graph } from '../../file/graph/index.ts';
import type { LiveResource, PlaceRead } from '../../file/live/index.ts';
import type { Plan } from '../../file/plan/index.ts';
import { planChanges } from '../../file/plan/index.ts';
import { readFixture, readsOf, SOLO, signersWith, storesOf } from '../../file/testing/index.ts';
import { liveResource } from './live-object.ts';

/** They ask before they sign. */
const ASKING = ', duty: {services: ["https://watch:8443"], secret: "{node}-duty"}';

/**
 * A pod of the set of this pool, as its controller makes it; `bare`: before pods said whose keys they have.
 */
function podOf(graph: Graph, pool: string, bare = false): LiveResource {
  const set = graph.resources.find(({ id }) => id === `main/StatefulSet/harbour/${pool}-main-0`);
  assert.ok(set?.target === 'kubernetes');
  const template = (set.body.spec as JsonRecord).template as JsonRecord;
  const metadata = isRecord(template.metadata) ? template.metadata : {};
  const { annotations, ...others } = metadata;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...others,
      ...(bare ? {} : { annotations: annotations ?? {} }),
      namespace: 'harbour',
      name: `${set.name}-0`,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.name, uid: 'u', controller: true },
      ],
    },
    spec: template.spec ?? {},
    status: { phase: 'Running' },
  };
  const [place] = graph.places;
  assert.ok(place !== undefined);
  return liveResource(place, pod);
}

/** `gone`: the graph of pods whose set is gone; the public keys of its Secrets are known. */
function planWith(living: Graph | null, wanted: Graph, pods: readonly LiveResource[], gone?: Graph): Plan {
  const reads = readsOf(living, wanted).map((read): PlaceRead => {
    if (!read.ok) return read;
    const stores = storesOf(gone?.resources ?? [], read.state.place);
    const live = new Map([...read.state.live, ...[...pods, ...stores].map((one) => [one.id, one] as const)]);
    return { ok: true, state: { ...read.state, live } };
  });
  return planChanges(wanted, reads);
}

const problemsOf = ({ problems }: Plan) => problems.map(({ code, resourceId }) => [code, resourceId]);
const BETA = ['two-signers', 'main/StatefulSet/harbour/beta-main-0'];

describe('a pod that still runs', () => {
  test('of a set that is gone keeps others from its keys', () => {
    const before = signersWith({ alpha: 'one' });
    const plan = planWith(null, signersWith({ beta: 'one' }), [podOf(before, 'alpha')]);
    assert.deepEqual(problemsOf(plan), [BETA]);
    assert.match(plan.problems[0]?.what ?? '', /main\/Pod\/harbour\/alpha-main-0-0 has its keys/);
    assert.match(plan.problems[0]?.remedy ?? '', /wait until that pod is gone/);
    const other = signersWith({ beta: 'two' });
    assert.deepEqual(problemsOf(planWith(null, other, [podOf(before, 'alpha')], before)), []);
    const unknown = planWith(null, other, [podOf(before, 'alpha')]);
    assert.deepEqual(problemsOf(unknown), [BETA]);
    assert.match(
      unknown.problems[0]?.what ?? '',
      /may have its keys: the public keys of .*alpha-main-0-0 are not known/,
    );
    assert.match(unknown.problems[0]?.remedy ?? '', /--different-keys/);
    // Its own set may be made again: a cluster never runs two pods of one name.
    assert.deepEqual(problemsOf(planWith(null, before, [podOf(before, 'alpha')])), []);
  });

  test('with the keys that its set had before keeps others from those', () => {
    const [before, now] = [signersWith({ alpha: 'one' }), signersWith({ alpha: 'two' })];
    const wanted = signersWith({ alpha: 'two', beta: 'one' });
    assert.deepEqual(problemsOf(planWith(now, wanted, [podOf(before, 'alpha')])), [BETA]);
    assert.deepEqual(problemsOf(planWith(now, wanted, [podOf(now, 'alpha')])), []);
  });

  test('that signs without asking keeps others from its keys until it asks', () => {
    const asking = signersWith({ alpha: 'one' }, ASKING);
    const wanted = signersWith({ alpha: 'one', beta: 'one' }, ASKING);
    const unasked = podOf(signersWith({ alpha: 'one' }), 'alpha');
    assert.deepEqual(problemsOf(planWith(asking, wanted, [unasked])), [BETA]);
    assert.deepEqual(problemsOf(planWith(asking, wanted, [podOf(asking, 'alpha')])), []);
  });

  test('goes with the step that removes its set, and what takes its keys comes after that', () => {
    const [before, now] = [signersWith({ alpha: 'one' }), signersWith({ alpha: 'two' })];
    const plan = planWith(now, signersWith({ beta: 'one' }), [podOf(before, 'alpha')]);
    assert.deepEqual(plan.problems, []);
    const start = plan.steps.find(({ id }) => id === 'create main/StatefulSet/harbour/beta-main-0');
    assert.ok(start?.needs.includes('delete main/StatefulSet/harbour/alpha-main-0'));
  });

  test('and does not say whose keys it has may have any keys of a Secret', () => {
    const bare = podOf(signersWith({ alpha: 'one' }), 'alpha', true);
    for (const set of ['one', 'two'])
      assert.deepEqual(problemsOf(planWith(null, signersWith({ beta: set }), [bare])), [BETA]);
    const born = readFixture(SOLO).graph;
    assert.deepEqual(problemsOf(planWith(null, born, [bare])), [], 'keys that are born are in no other');
  });

  test('is never removed by itself', () => {
    const before = signersWith({ alpha: 'one' });
    const { steps } = planWith(before, signersWith({}), [podOf(before, 'alpha')]);
    assert.ok(steps.length > 0 && steps.every(({ resourceId }) => !resourceId.includes('/Pod/')));
  });
});
