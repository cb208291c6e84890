import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, type Json } from '@watchbill/kit';
import { field, fields } from '@watchbill/kit/testing';
import { parse, parseAllDocuments } from 'yaml';
import { at, containersOf, MARKS, podTemplate, records } from '../../file/graph/index.ts';
import { IMAGE, WIDE } from '../../file/testing/index.ts';
import { gatewayShape } from '../settings.ts';
import type { GatewayChoice } from './render.ts';
import { FILE, gatewaysOf, oneOf } from './testing/render.ts';

const ROUTE = { namespace: 'gateways', name: 'public', hostnames: ['rpc.example.org'] };

function objectsOf(files: ReadonlyMap<string, string>): readonly Record<string, Json>[] {
  const text = [...files].find(([path]) => path.endsWith('/objects.yaml'))?.[1] ?? '';
  return parseAllDocuments(text).map((document) => document.toJS() as Record<string, Json>);
}

function kindOf(files: ReadonlyMap<string, string>, kind: string): Json {
  return objectsOf(files).find((one) => one.kind === kind) ?? null;
}

test('the settings are those that the gateway reads, and a caller needs a key', () => {
  const { gateways } = gatewaysOf(FILE);
  assert.deepEqual(gateways.map(fields('place', 'pool', 'nodes')), [
    ['east', 'history', 2],
    ['east', 'rpc', 5],
    ['iron', 'shore', 2],
  ]);
  for (const { files, settings: path } of gateways) {
    const text = files.get(path) ?? '';
    const settings = gatewayShape.parse(parse(text));
    assert.equal(settings.anonymous, null);
    assert.equal(settings.jwt, undefined);
    assert.doesNotMatch(text, /sha256|secret|token/i);
  }
});

test('in a cluster each node is asked by the name that its set and its Service give it, also those that a scaler may add', () => {
  for (const [pool, pods] of [
    ['rpc', ['rpc-east-0', 'rpc-east-1', 'rpc-east-2', 'rpc-east-3', 'rpc-east-4']],
    ['history', ['history-east-0-0', 'history-east-1-0']],
  ] as const) {
    const { settings, graph } = oneOf(FILE, pool);
    const { backends } = gatewayShape.parse(settings);
    assert.deepEqual(backends.map(field('name')), pods);
    for (const { name, url } of backends) {
      const [, pod, service, namespace, port] =
        /^ws:\/\/([^.]+)\.([^.]+)\.([^.]+)\.svc\.cluster\.local:(\d+)$/.exec(url) ?? [];
      assert.equal(pod, name);
      const find = (kind: string, of?: string) =>
        graph.resources.find((one) => one.kind === kind && one.name === of);
      const set = find('StatefulSet', pod?.replace(/-\d+$/, ''));
      assert.ok(set?.target === 'kubernetes', url);
      assert.equal(at(set.body, 'spec', 'serviceName'), service);
      const names = find('Service', service);
      assert.ok(names?.target === 'kubernetes');
      assert.equal(at(names.body, 'spec', 'clusterIP'), 'None');
      assert.equal(names.body.metadata.namespace, namespace);
      const [node] = containersOf(podTemplate(set) ?? {});
      const open = records(node?.ports).find((one) => one.name === 'rpc');
      assert.equal(`${open?.containerPort}`, port);
    }
  }
});

test('on a machine each node is asked on loopback at the port of its unit, and the gateway takes free ports', () => {
  const { settings, graph } = oneOf(FILE, 'shore');
  const { backends, listen, admin } = gatewayShape.parse(settings);
  const units = graph.resources.flatMap(({ target, body }) =>
    target === 'machine' && body.kind === 'unit' ? [body.text] : [],
  );
  const ports = units.map((text) => /--rpc-port=(\d+)/.exec(text)?.[1]);
  assert.deepEqual(
    backends.map(({ url }) => url),
    ports.map((port) => `ws://127.0.0.1:${port}`),
  );
  assert.deepEqual(ports, ['9949', '9950']);
  assert.deepEqual([listen.host, admin.host], ['127.0.0.1', '127.0.0.1']);
  assert.deepEqual([listen.port, admin.port], [9952, 9953]);
  const two = gatewaysOf(
    `${FILE}  other: {role: archive, place: iron, ports: {rpc: 9954, p2p: 30500, metrics: 9720}}\n`,
  );
  const taken = two.gateways
    .filter(({ place }) => place === 'iron')
    .map(({ files, settings: path }) => gatewayShape.parse(parse(files.get(path) ?? '')).listen.port);
  assert.deepEqual(taken, [9952, 9956]);
});

test('pools whose nodes a gateway cannot ask, or could not protect, are left out and told why', () => {
  const left = (change: readonly [string, string]) =>
    gatewaysOf(FILE.replace(...change), { place: 'east' }).leftOut.map(({ pool, why }) => `${pool}: ${why}`);
  const rpc = (exposure: string): [string, string] => [
    '    place: east\n    count: 2\n',
    `    place: east\n    count: 2\n    ${exposure}\n`,
  ];
  assert.deepEqual(left(['', '']), []);
  assert.match(left([', exposure: {rpc: cluster}', '']).join(), /^history: exposure\.rpc is none/);
  const published = 'exposure: {rpc: gateway, gateway: {name: a, namespace: b, hostnames: [c.example]}}';
  assert.match(left(rpc(published)).join(), /^rpc: .*publishes its nodes to everyone/);
  assert.match(left(rpc('flags: {rpc-cors: "https://a.example"}')).join(), /^rpc: with flags\.rpc-cors/);
  assert.deepEqual(left(rpc('flags: {rpc-cors: all}')), []);
  assert.match(left(['max: 5', 'max: 257']).join(), /^rpc: it may have 257 nodes/);
  const wide = gatewaysOf(WIDE);
  assert.deepEqual(
    [wide.gateways, wide.leftOut].map((all) => all.map(({ place, pool }) => `${place}/${pool}`)),
    [['west/api'], ['east/archive', 'east/rpc']],
  );
});

test('if settings for clusters are missing, the result says so and has no files', () => {
  const problem = (choice: Partial<GatewayChoice>) => {
    const found = gatewaysOf(FILE, choice);
    assert.ok(found.problem === null || found.gateways.length === 0);
    return found.problem;
  };
  assert.equal(problem({ image: null }), 'image');
  assert.equal(problem({ image: null, place: 'iron' }), null);
  assert.equal(problem({ route: ROUTE }), 'two-of-a-route');
  assert.equal(problem({ route: ROUTE, pool: 'rpc' }), null);
  assert.equal(problem({ route: ROUTE, place: 'iron' }), 'route-to-a-machine');
});

test('only callers of the Gateway and readers of metrics get in, only DNS and the nodes of its pool are asked, and those admit no others', () => {
  const { gateway, graph } = oneOf(FILE, 'rpc', { route: ROUTE });
  const policy = kindOf(gateway.files, 'NetworkPolicy');
  const pod = at(kindOf(gateway.files, 'Deployment'), 'spec', 'template');
  const labels = at(pod, 'metadata', 'labels');
  const namespace = (name: string) => [
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } },
  ];
  assert.deepEqual(at(policy, 'spec'), {
    podSelector: {
      matchLabels: {
        'app.kubernetes.io/name': 'watchbill-gateway',
        'app.kubernetes.io/instance': 'rpc-east-gateway',
      },
    },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: namespace('gateways'), ports: [{ protocol: 'TCP', port: 9950 }] },
      { from: namespace('monitoring'), ports: [{ protocol: 'TCP', port: 9951 }] },
    ],
    egress: [
      {
        to: [{ podSelector: { matchLabels: { [MARKS.network]: 'harbour', [MARKS.pool]: 'rpc' } } }],
        ports: [{ protocol: 'TCP', port: 9944 }],
      },
      {
        to: [{ namespaceSelector: {} }],
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      },
    ],
  });
  const selects = at(policy, 'spec', 'podSelector', 'matchLabels');
  assert.ok(isRecord(selects) && isRecord(labels));
  for (const [name, value] of Object.entries(selects)) assert.equal(labels[name], value);
  const nodes = graph.resources.find(({ kind, name }) => kind === 'NetworkPolicy' && name === 'rpc-east');
  assert.ok(nodes?.target === 'kubernetes');
  const asked = records(at(nodes.body, 'spec', 'ingress')).filter((rule) =>
    records(rule.ports).some(({ port }) => port === 9944),
  );
  assert.deepEqual(asked.map(field('from')), [namespace('nodes')]);
});

test('its pods are restricted and two, come from a digest, and are not what `fleet apply` would remove', () => {
  const { gateway } = oneOf(FILE, 'rpc', { route: ROUTE });
  for (const one of objectsOf(gateway.files)) {
    const marks = Object.keys(at(one, 'metadata', 'labels') as object);
    assert.ok(!marks.some((name) => name.startsWith('watchbill/')), `${one.kind} has an owner mark`);
    assert.equal(at(one, 'metadata', 'namespace'), 'nodes');
  }
  const deployment = kindOf(gateway.files, 'Deployment');
  assert.equal(at(deployment, 'spec', 'replicas'), 2);
  const pod = at(deployment, 'spec', 'template', 'spec');
  assert.equal(at(pod, 'automountServiceAccountToken'), false);
  assert.equal(at(pod, 'securityContext', 'runAsNonRoot'), true);
  const [container] = records(at(pod, 'containers'));
  assert.equal(container?.image, IMAGE);
  assert.deepEqual(container?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  assert.equal(at(container ?? null, 'readinessProbe', 'httpGet', 'path'), '/readyz');
  const route = kindOf(gateway.files, 'HTTPRoute');
  assert.deepEqual(at(route, 'spec'), {
    parentRefs: [{ name: 'public', namespace: 'gateways' }],
    hostnames: ['rpc.example.org'],
    rules: [{ backendRefs: [{ name: 'rpc-east-gateway', port: 9950 }] }],
  });
  assert.notEqual(kindOf(gateway.files, 'PodMonitor'), null);
  const { gateway: plain } = oneOf(FILE, 'history');
  assert.deepEqual([kindOf(plain.files, 'HTTPRoute'), kindOf(plain.files, 'PodMonitor')], [null, null]);
});
