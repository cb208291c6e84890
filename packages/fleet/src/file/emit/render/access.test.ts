import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { KINDS, POLICY_KINDS } from '../../graph/kinds.ts';
import { readFixture, SOLO, WIDE } from '../../testing/networks.ts';
import { APPLIER, accessFiles, clusterRules, namespaceRules, PLANNER } from './access.ts';

const verbsOn = (rules: ReturnType<typeof namespaceRules>, resource: string) =>
  rules.flatMap(({ resources, verbs }) => (resources.includes(resource) ? verbs : []));

test('the planning account reads no Secret and deletes nothing; the applying one may do both', () => {
  const [plans, applies] = [namespaceRules(PLANNER), namespaceRules(APPLIER)];
  assert.deepEqual(verbsOn(plans, 'secrets'), []);
  assert.ok(plans.every(({ verbs }) => !verbs.includes('delete') && !verbs.includes('update')));
  assert.ok(plans.every(({ resources }) => resources.every((name) => !name.startsWith('pods/'))));
  assert.deepEqual(verbsOn(applies, 'secrets'), ['get']);
  assert.ok(verbsOn(applies, 'statefulsets').includes('delete'));
});

test('every kind that a network file can ask for may be written, and every other one only listed', () => {
  const made = new Set(
    readFixture(WIDE).graph.resources.flatMap((one) => (one.target === 'kubernetes' ? [one.kind] : [])),
  );
  for (const [kind, { plural, isMade }] of Object.entries(KINDS)) {
    if (kind === 'Namespace' || POLICY_KINDS.has(kind)) continue;
    if (made.has(kind)) assert.equal(isMade, true, kind);
    assert.equal(verbsOn(namespaceRules(PLANNER), plural).includes('patch'), isMade === true, kind);
    assert.ok(verbsOn(namespaceRules(PLANNER), plural).includes('list'), kind);
  }
});

test('of the whole cluster an account may see signers only if keys have names', () => {
  const cluster = (text: string) => {
    const resources = readFixture(text).graph.resources.filter((one) => one.target === 'kubernetes');
    return { namespace: 'solo', resources };
  };
  assert.deepEqual(verbsOn(clusterRules(APPLIER, cluster(SOLO)), 'statefulsets'), []);
  const named =
    'validators: {role: validator, keys: {session: {source: secret, secret: s, types: {babe: sr25519}}}}';
  const text = SOLO.replace('validators: {role: validator, count: 3}', named);
  assert.notEqual(text, SOLO);
  assert.deepEqual(verbsOn(clusterRules(APPLIER, cluster(text)), 'statefulsets'), ['list']);
});

test('the policy comes before the rights that it limits, and no object has the label of the network', () => {
  for (const { text } of accessFiles(readFixture(WIDE).graph)) {
    const all = parseAllDocuments(text).map((one) => one.toJS() as { kind: string; metadata: object });
    const kinds = all.map(({ kind }) => kind);
    assert.ok(kinds.indexOf('ValidatingAdmissionPolicyBinding') < kinds.indexOf('ServiceAccount'));
    for (const one of all.filter(({ kind }) => kind !== 'Namespace'))
      assert.doesNotMatch(JSON.stringify(one.metadata), /watchbill\/network/);
  }
});
