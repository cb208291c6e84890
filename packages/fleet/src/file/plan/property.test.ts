import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, type Json } from '@watchbill/kit';
import { field } from '@watchbill/kit/testing';
import fc from 'fast-check';
import { readNetwork } from '../compile/read.ts';
import type { Graph } from '../graph/resource.ts';
import { breachesOf } from '../rules/invariants/check.ts';
import { readsOf } from '../testing/live.ts';
import { fileText } from '../testing/networks.ts';
import { planChanges } from './plan.ts';
import { networkText } from './testing/random.ts';
import { carryOut } from './testing/world.ts';

const RUNS = 100;

/** Graphs of the newest texts: the filter of a draw and the property that uses it read the same text. */
const newest = new Map<string, Graph | null>();
const MOST_KEPT = 16;

function graphOf(text: string): Graph | null {
  const known = newest.get(text);
  if (known !== undefined) return known;
  const read = readNetwork(text);
  const graph = read.ok ? read.graph : null;
  if (newest.size >= MOST_KEPT) newest.clear();
  newest.set(text, graph);
  return graph;
}

/** Texts, because counterexamples in the form of graphs are unreadable. */
const sound = networkText.filter((text) => graphOf(text) !== null);

function soundGraph(text: string): Graph {
  const graph = graphOf(text);
  assert.ok(graph !== null);
  return graph;
}

test('a random file is refused with places in it, or gives a graph without breach, the same each time', () => {
  let tried = 0;
  let refused = 0;
  fc.assert(
    fc.property(networkText, (text) => {
      tried += 1;
      const read = readNetwork(text);
      if (read.ok) {
        assert.deepEqual(breachesOf(read.graph.resources), []);
        const again = readNetwork(text);
        assert.ok(again.ok);
        assert.equal(
          canonicalJson(again.graph as unknown as Json),
          canonicalJson(read.graph as unknown as Json),
        );
        return;
      }
      refused += 1;
      for (const { at, what, remedy } of read.problems) {
        assert.ok(at.line >= 1 && at.column >= 1);
        assert.ok(what !== '' && remedy !== '');
      }
    }),
    { numRuns: RUNS },
  );
  assert.ok(refused > 0 && refused < tried, 'some are refused and some are not');
});

test('what lives as it was planned needs nothing more', () => {
  fc.assert(
    fc.property(sound, (text) => {
      const graph = soundGraph(text);
      assert.deepEqual(planChanges(graph, readsOf(graph, graph)).steps, []);
    }),
    { numRuns: RUNS },
  );
});

test('from any network to any other: no plan has two live signers of a key set, in whatever order its steps are taken', () => {
  let tried = 0;
  let changed = 0;
  let together = 0;
  let across = 0;
  fc.assert(
    fc.property(sound, sound, fc.infiniteStream(fc.nat()), (first, second, choices) => {
      tried += 1;
      const [before, after] = [soundGraph(first), soundGraph(second)];
      const plan = planChanges(after, readsOf(before, after));
      if (plan.problems.length > 0) {
        assert.ok(plan.problems.every(({ code }) => code === 'two-signers'));
        return;
      }
      changed += plan.steps.length > 0 ? 1 : 0;
      const uses = after.resources.flatMap(({ subject }) => subject.keySet ?? []);
      together += new Set(uses).size < uses.length ? 1 : 0;
      across += isAcross(after) ? 1 : 0;
      const world = carryOut(before, plan);
      for (const choice of choices) {
        if (!world.act(choice)) break;
        world.check();
      }
      assert.deepEqual(world.signers(), signersOf(after));
    }),
    { numRuns: 2 * RUNS },
  );
  assert.ok(changed > tried / 4, 'most of them change something');
  assert.ok(together > 0, 'some have two that ask before they sign with the same keys');
  assert.ok(across > 0, 'some of them have one of the two in a cluster and the other on a machine');
});

/** Whether a unit of a machine and a pod have the same keys. */
function isAcross({ resources }: Graph): boolean {
  const uses = (kind: string) =>
    resources.flatMap((one) => (one.kind === kind ? (one.subject.keySet ?? []) : []));
  return uses('unit').some((use) => uses('StatefulSet').includes(use));
}

test('what machines need of secrets is expected there, and no resource, step or text of a plan has more of it than its name', () => {
  let needing = 0;
  fc.assert(
    fc.property(sound, sound, (first, second) => {
      const [before, after] = [soundGraph(first), soundGraph(second)];
      const { steps, problems } = planChanges(after, readsOf(before, after));
      const credentials = after.expects.filter(({ kind }) => kind === 'credential');
      needing += credentials.length > 0 ? 1 : 0;
      for (const { resources } of [before, after])
        assert.ok(resources.every(({ id }) => !id.includes('/etc/watchbill-fleet/credentials')));
      for (const { resourceId } of steps) assert.ok(!resourceId.includes('/etc/watchbill-fleet/credentials'));
      assert.ok(problems.every(({ code }) => code === 'two-signers'));
      const loaded = after.resources.flatMap((one) =>
        one.target === 'machine' && one.body.kind === 'unit'
          ? [...one.body.text.matchAll(/^LoadCredentialEncrypted=([^:]+):/gm)].map(
              ([, name]) => `${one.id} ${name}`,
            )
          : [],
      );
      assert.deepEqual(
        loaded.sort(),
        credentials.flatMap(({ neededBy, name }) => neededBy.map((id) => `${id} ${name}`)).sort(),
      );
    }),
    { numRuns: RUNS },
  );
  assert.ok(needing > 0);
});

test('all that a network has is removed, but what its keys lie on', () => {
  fc.assert(
    fc.property(sound, (text) => {
      const graph = soundGraph(text);
      const { steps, problems } = planChanges({ ...graph, resources: [] }, readsOf(graph, graph));
      assert.deepEqual(problems, []);
      const removed = new Set(steps.map(({ resourceId }) => resourceId));
      for (const { id, lifecycle } of graph.resources)
        assert.equal(removed.has(id), lifecycle === 'reconcile', id);
    }),
    { numRuns: RUNS },
  );
});

function signersOf(graph: Graph): readonly string[] {
  return graph.resources
    .flatMap(({ id, subject }) => (subject.keySet === null ? [] : [`${id} ${subject.keySet}`]))
    .sort();
}

test('two that ask before they sign live together; one that did not ask is over first, or asks first', () => {
  const gated = { secret: 'a', set: 'one', gated: true };
  const read = readNetwork(twinsOf({ ...gated }, { ...gated, secret: 'b' }));
  assert.ok(read.ok);
  assert.equal(new Set(read.graph.resources.flatMap(({ subject }) => subject.keySet ?? [])).size, 1);
  const before = graphOf(twinsOf({ ...gated, gated: false }, null));
  assert.ok(before !== null);
  const { steps, problems } = planChanges(read.graph, readsOf(before, read.graph));
  assert.deepEqual(problems, []);
  const sets = steps.filter(({ resourceId }) => resourceId.includes('/StatefulSet/'));
  const [first, second] = sets;
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual(
    [first.action, first.gate, first.risk, second.action, second.risk],
    ['update', 'healthy', 'signing', 'create', 'signing'],
  );
  assert.ok(second.needs.includes(first.id), 'the second waits until the first asks');
  // And back: the second goes before the first signs without asking.
  const back = planChanges(before, readsOf(read.graph, before));
  assert.deepEqual(back.problems, []);
  const update = back.steps.find(({ resourceId }) => resourceId === first.resourceId);
  const gone = back.steps.find(({ resourceId }) => resourceId === second.resourceId);
  assert.ok(update !== undefined && gone?.gate === 'gone' && update.needs.includes(gone.id));
});

interface Twin {
  readonly secret: string;
  readonly set: string;
  readonly gated: boolean;
}

/** A signer at east and one at west, whose Secrets have keys of a named set. */
function twinsOf(east: Twin, west: Twin | null): string {
  const pool = (place: string, { secret, set, gated }: Twin) => ({
    role: 'validator',
    place,
    keys: { session: { source: 'secret', secret, set, types: { babe: 'sr25519' } } },
    ...(gated ? { duty: { services: ['https://watch:8443'], secret: `${secret}-duty` } } : {}),
  });
  return JSON.stringify({
    ...JSON.parse(networkOf({})),
    pools: { east: pool('east', east), ...(west === null ? {} : { west: pool('west', west) }) },
  });
}

test('keys that change places in a circle are refused, since no order is safe', () => {
  const [before, after] = [
    graphOf(networkOf({ secret: 'one', other: 'two' })),
    graphOf(networkOf({ secret: 'two', other: 'one' })),
  ];
  assert.ok(before !== null && after !== null);
  const { problems, steps } = planChanges(after, readsOf(before, after));
  assert.deepEqual(steps, []);
  assert.deepEqual(problems.map(field('code')), ['two-signers', 'two-signers']);
});

/** A pool at east and a pool at west, whose signers have the keys of named Secrets. */
function networkOf({ secret, other }: { readonly secret?: string; readonly other?: string }): string {
  const pool = (place: string, name: string) => ({
    role: 'validator',
    place,
    keys: { session: { source: 'secret', secret: name, types: { babe: 'sr25519' } } },
  });
  return fileText({
    name: 'tide',
    clusters: { east: {}, west: { context: 'west' } },
    pools: {
      ...(secret === undefined ? {} : { first: pool('east', secret) }),
      ...(other === undefined ? {} : { second: pool('west', other) }),
    },
  });
}
