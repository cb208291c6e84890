import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Graph, Resource } from '../../file/graph/index.ts';
import type { PlaceRead } from '../../file/live/index.ts';
import { planChanges } from '../../file/plan/index.ts';
import { liveOf, readsOf, signersWith } from '../../file/testing/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { fakeTarget } from '../apply/testing/fake-target.ts';
import { planAsking } from './plan-asking.ts';

const SIGNAL = new AbortController().signal;

/** Places on which one graph is live, with the pod of its signer `alpha`, and another is wanted. */
function readsWithPod(living: Graph, wanted: Graph): readonly PlaceRead[] {
  const set = living.resources.find(({ name, kind }) => name === 'alpha-main-0' && kind === 'StatefulSet');
  assert.ok(set !== undefined);
  const id = 'main/Pod/harbour/alpha-main-0-0';
  const pod = liveOf({ ...set, id, kind: 'Pod', name: 'alpha-main-0-0' } as Resource, living.network, {
    network: null,
  });
  return readsOf(living, wanted).map(
    (read): PlaceRead =>
      read.ok ? { ok: true, state: { ...read.state, live: new Map([...read.state.live, [id, pod]]) } } : read,
  );
}

async function planned(
  wanted: Graph,
  holds: IdentifiedTarget['holds'],
  living = signersWith({ alpha: 'one' }),
) {
  let asked = 0;
  const target: IdentifiedTarget = {
    ...fakeTarget('main'),
    ...(holds === undefined
      ? {}
      : {
          holds: (...args) => {
            asked += 1;
            return holds(...args);
          },
        }),
  };
  const targets = { byPlace: new Map([['main', target]]), close: () => undefined };
  const reads = readsWithPod(living, wanted);
  const openTargets = () => Promise.reject(new TypeError('no place is left'));
  const places = { network: wanted.network, targets, reads, past: { places: [], reads: [] } };
  const made = await planAsking({ openTargets }, places, SIGNAL, (all) => planChanges(wanted, all));
  return { ...made, asked, problems: made.plan.problems.map(({ code, what }) => `${code} ${what}`) };
}

const BOTH = signersWith({ alpha: 'one', beta: 'two' });

test('a plan that begins a key which a running signer has in its memory is refused by the law', async () => {
  const { problems, asked } = await planned(BOTH, async (_process, keys) => ({ ok: true, held: keys }));
  assert.equal(asked, 1);
  assert.equal(problems.length, 1);
  assert.match(
    problems[0] ?? '',
    /two-signers .*both have the public key 0x[0-9a-f]{64}, under the names set\.one and set\.two/,
  );
  const control = await planned(BOTH, async () => ({ ok: true, held: [] }));
  assert.deepEqual([control.problems, control.notes], [[], []]);
  assert.ok(control.plan.steps.length > 0);
});

test('a signer that is not asked refuses nothing, and the plan says so', async () => {
  const { problems, notes } = await planned(BOTH, async () => ({ ok: false, detail: 'no answer' }));
  assert.deepEqual(problems, []);
  assert.match(notes.join('\n'), /not seen: main\/Pod\/harbour\/alpha-main-0-0 \(no answer\)/);
});

test('a plan that begins no key asks no signer', async () => {
  const silent = async () => ({ ok: false, detail: '' }) as const;
  const same = await planned(signersWith({ alpha: 'one' }), silent);
  assert.deepEqual([same.notes, same.asked], [[], 0]);
  const flags = signersWith({ alpha: 'one', beta: 'two' }, ', flags: {rpc-max-connections: 600}');
  const changed = await planned(flags, silent, BOTH);
  assert.ok(changed.plan.steps.some(({ resource }) => resource?.subject.keySet === 'set.two'));
  assert.deepEqual([changed.notes, changed.asked], [[], 0], 'both keep their keys');
});
