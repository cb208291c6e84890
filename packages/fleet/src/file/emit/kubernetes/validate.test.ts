import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../graph/resource.ts';
import { readFixture, SOLO, WIDE } from '../../testing/networks.ts';
import { objectProblems } from './testing/validate.ts';

for (const [name, text] of [
  ['solo', SOLO],
  ['wide', WIDE],
] as const)
  test(`every object of the ${name} network fits the schema of its kind, and has no field beside it`, () => {
    const { graph } = readFixture(text);
    const objects = graph.resources.filter((resource) => resource.target === 'kubernetes');
    assert.ok(objects.length > 10);
    for (const { id, body } of objects) assert.deepEqual(objectProblems(body), [], id);
  });

test('the wide network has every kind that is made', () => {
  const kinds = new Set(readFixture(WIDE).graph.resources.map(({ kind }) => kind));
  const made = [
    'ConfigMap',
    'HTTPRoute',
    'HorizontalPodAutoscaler',
    'Namespace',
    'NetworkPolicy',
    'PodDisruptionBudget',
  ];
  const more = [
    'PodMonitor',
    'ScaledObject',
    'Service',
    'ServiceAccount',
    'StatefulSet',
    'binary',
    'directory',
    'file',
  ];
  assert.deepEqual([...kinds].sort(), [...made, ...more, 'unit', 'user'].sort());
});

const policy = (spec: object) =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'a' },
    spec,
  }) as KubernetesObject;

test('wrong types, missing fields and unknown fields are found, at any depth', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ podSelector: 7 }, /podSelector must be object/],
    [
      { podSelector: {}, ingress: [{ ports: [{ port: 1, protcol: 'TCP' }] }] },
      /^spec\.ingress\.0\.ports\.0\.protcol is not a field/,
    ],
    [
      { podSelector: {}, policyTpes: ['Ingress'] },
      /^spec\.policyTpes is not a field of networking\.k8s\.io\/v1 NetworkPolicy$/,
    ],
  ];
  for (const [spec, pattern] of cases) assert.match(objectProblems(policy(spec)).join('\n'), pattern);
  assert.deepEqual(
    objectProblems(policy({ podSelector: { matchLabels: { any: 'label', is: 'fine' } } })),
    [],
  );
  const unknown = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } } as KubernetesObject;
  assert.match(objectProblems(unknown).join(), /not a kind that is made here/);
});
