import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Graph } from '../graph/resource.ts';
import { readsOf } from '../testing/live.ts';
import { fileText, PROGRAMS, readFixture } from '../testing/networks.ts';
import type { Plan } from './change.ts';
import { neededConsent } from './needed-consent.ts';
import { planChanges } from './plan.ts';
import { planLines } from './show.ts';

const [ONE, TWO] = ['https://one.example:8443', 'https://two.example:8443'];

/** Nodes with one set of keys, one in each place, which ask these services. */
function twins(
  services: readonly string[],
  places: Readonly<Record<string, number>> = { fra: 1, sin: 1 },
): Graph {
  const text = fileText({
    name: 'estate',
    clusters: { fra: { context: 'f' }, sin: { context: 's' } },
    machines: { iron: { host: '192.0.2.7' } },
    defaults: { software: PROGRAMS },
    pools: {
      twins: {
        role: 'validator',
        places,
        keys: {
          session: { source: 'secret', secret: '{node}-keys', set: 'stash', types: { babe: 'sr25519' } },
        },
        duty: { services, secret: '{node}-duty' },
      },
    },
  });
  return readFixture(text).graph;
}

const FRA = 'fra/StatefulSet/estate/twins-fra-0';
const SIN = 'sin/StatefulSet/estate/twins-sin-0';

const planOf = (before: Graph, after: Graph): Plan => planChanges(after, readsOf(before, after));
const stepOf = (plan: Plan, id: string) => plan.steps.find(({ resourceId }) => resourceId === id);

describe('the services of a set of nodes', () => {
  test('are not changed while two of them live: one would ask the old ledger, the other the new one', () => {
    const pairs = [
      [twins([ONE]), twins([TWO])],
      [twins([ONE]), twins([ONE, TWO])],
      [twins([ONE], { fra: 1, iron: 1 }), twins([TWO], { fra: 1, iron: 1 })],
    ] as const;
    for (const [before, after] of pairs) {
      const plan = planOf(before, after);
      assert.deepEqual(plan.steps, []);
      assert.equal(plan.problems.length, 2);
      for (const { code, what, remedy } of plan.problems) {
        assert.equal(code, 'two-signers');
        assert.match(what, /ask other permission services while another node with its keys still asks/);
        assert.match(remedy, /leave one node of the set in the file/);
      }
    }
  });

  test('are of the class signing whatever of them changes, in a cluster and on a machine', () => {
    const single = (services: readonly string[], place: string) => twins(services, { [place]: 1 });
    for (const place of ['fra', 'iron'])
      for (const [before, after] of [
        [[ONE], [TWO]],
        [[ONE], [ONE, TWO]],
        [
          [ONE, TWO],
          [TWO, ONE],
        ],
      ] as const) {
        const plan = planOf(single(before, place), single(after, place));
        assert.deepEqual(plan.problems, []);
        assert.deepEqual(neededConsent(plan), ['signing'], `${place} ${before} ${after}`);
        const flags = plan.steps
          .flatMap(({ fields }) => fields)
          .filter(({ path }) => path.includes('--duty-service'));
        assert.ok(flags.length > 0 && flags.every(({ risk }) => risk === 'signing'));
        assert.match(planLines(plan, []).join('\n'), /what the node asks before it signs is another/);
        assert.ok(!plan.steps.some(({ fields }) => fields.some(({ why }) => /other keys/.test(why))));
      }
  });

  test('in another order are the same: the nodes are changed one after the other', () => {
    const plan = planOf(twins([ONE, TWO]), twins([TWO, ONE]));
    assert.deepEqual(plan.problems, []);
    assert.ok(stepOf(plan, SIN)?.needs.includes(stepOf(plan, FRA)?.id ?? ''));
    assert.deepEqual(neededConsent(plan), ['signing']);
  });
});

test('with another token a node is another one to its services', () => {
  const before = twins([ONE], { fra: 1 });
  const after = JSON.parse(JSON.stringify(before).replaceAll('twins-fra-0-duty', 'other-duty')) as Graph;
  assert.deepEqual(neededConsent(planOf(before, after)), ['signing']);
});
