import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { MARKS } from '../../file/graph/index.ts';
import { planChanges } from '../../file/plan/index.ts';
import { readFixture, SOLO } from '../../file/testing/index.ts';
import { MADE_KINDS } from './kinds.ts';
import { readPlace } from './read.ts';
import { fakeObjects, secret } from './testing/fake-objects.ts';

const SIGNAL = AbortSignal.timeout(30_000);
/** The pod of a signer whose set is gone; it has 180 s to end, or its host is cut off. */
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'harbour',
    name: 'alpha-main-0-0',
    labels: { [MARKS.network]: 'harbour', [MARKS.node]: 'alpha-main-0', [MARKS.role]: 'validator' },
    annotations: { [MARKS.keySet]: 'set.one' },
    deletionTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'alpha-main-0', uid: 'u' }],
  },
  spec: {},
  status: { phase: 'Running' },
};

test('a pod that outlives its set is seen, and keeps others from its keys', async () => {
  const keys = '{session: {source: secret, secret: "{node}", set: one, types: {babe: sr25519}}}';
  const signer = `beta: {role: validator, keys: ${keys}}`;
  const { graph } = readFixture(SOLO.replace('validators: {role: validator, count: 3}', signer));
  const [place] = graph.places;
  assert.ok(place?.target === 'kubernetes');
  const { objects } = fakeObjects([POD, secret('harbour', 'beta-main-0', { babe: 'seed' })]);
  const settings = { objects, place, kinds: new Map(Object.entries(MADE_KINDS)), takeOver: false };
  const own = graph.resources.flatMap((one) => (one.target === 'kubernetes' ? [one] : []));
  const read = await readPlace(settings, graph.network, own, graph.expects, SIGNAL);
  const { problems } = planChanges(graph, [read]);
  assert.deepEqual(problems.map(fields('code', 'what')), [
    ['two-signers', 'main/Pod/harbour/alpha-main-0-0 has its keys, and may still sign when it starts'],
  ]);
});
