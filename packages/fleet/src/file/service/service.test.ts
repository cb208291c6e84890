import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { readNetwork } from '../compile/read.ts';
import { objectProblems } from '../emit/kubernetes/testing/validate.ts';
import { at, flagValue, processesOf, records } from '../graph/process.ts';
import type { KubernetesResource, Resource } from '../graph/resource.ts';
import { readFixture } from '../testing/networks.ts';
import { IN_CLUSTER, ON_MACHINES, serviceGraph, WITH_ETCD, withService } from '../testing/services.ts';

const POOL = { pools: { validators: { role: 'rpc', place: 'main' } } };
const SET = 'main/StatefulSet/harbour/watch';
const find = (resources: readonly Resource[], id: string): KubernetesResource => {
  const found = resources.find((one) => one.id === id);
  assert.ok(found?.target === 'kubernetes', `${id} is not there`);
  return found;
};
const unitOf = (resources: readonly Resource[], place: string): string => {
  const found = resources.find((one) => one.id === `${place}/unit/watchbill-harbour-watch-${place}.service`);
  assert.ok(found?.target === 'machine' && found.body.kind === 'unit');
  return found.body.text;
};
const flag = (resource: Resource, name: string) =>
  processesOf(resource).map(({ words }) => flagValue(words, name))[0];

describe('a service in a cluster', () => {
  const { resources, expects } = serviceGraph(IN_CLUSTER);

  test('is three pods with a claim each, apart from each other, that start together and change one by one', () => {
    const { spec } = find(resources, SET).body;
    assert.equal(at(spec, 'replicas'), 3);
    assert.equal(at(spec, 'podManagementPolicy'), 'Parallel');
    assert.deepEqual(at(spec, 'updateStrategy'), { type: 'RollingUpdate', rollingUpdate: { partition: 0 } });
    const [claim, ...more] = records(at(spec, 'volumeClaimTemplates'));
    assert.deepEqual([at(claim, 'spec', 'accessModes'), more], [['ReadWriteOncePod'], []]);
    const apart = at(spec, 'template', 'spec', 'affinity', 'podAntiAffinity');
    assert.equal(records(at(apart, 'requiredDuringSchedulingIgnoredDuringExecution')).length, 1);
    const budget = find(resources, 'main/PodDisruptionBudget/harbour/watch');
    assert.equal(at(budget.body, 'spec', 'maxUnavailable'), 1);
    const names = find(resources, 'main/Service/harbour/watch');
    assert.equal(at(names.body, 'spec', 'publishNotReadyAddresses'), true);
  });

  test('each pod has the name and the address by which the others and the nodes find it', () => {
    const set = find(resources, SET);
    assert.equal(flag(set, '--service-url'), 'https://$(POD_NAME).watch.harbour.svc:8450');
    assert.equal(flag(set, '--store-endpoints'), IN_CLUSTER.store.endpoints.join(','));
    const node = find(resources, 'main/StatefulSet/harbour/validators-main-0');
    const asked = processesOf(node).flatMap(({ words }) =>
      words.filter((word) => word.startsWith('--duty-service=')),
    );
    assert.deepEqual(
      asked,
      [0, 1, 2].map((pod) => `--duty-service=https://watch-${pod}.watch.harbour.svc:8450`),
    );
    assert.ok(node.needs.includes(SET), 'it starts after the service');
  });

  test('only gates, peers and monitoring enter, and it reaches DNS, peers and etcd only', () => {
    const { spec } = find(resources, 'main/NetworkPolicy/harbour/watch').body;
    const pods = (pool: string) => ({
      podSelector: { matchLabels: { 'watchbill/network': 'harbour', 'watchbill/pool': pool } },
    });
    const tcp = (port: number) => ({ protocol: 'TCP', port });
    const monitoring = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
    };
    assert.deepEqual(at(spec, 'ingress'), [
      { from: [pods('watch'), pods('validators'), monitoring], ports: [tcp(8450)] },
    ]);
    assert.deepEqual(at(spec, 'egress'), [
      { to: [{ namespaceSelector: {} }], ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] },
      { to: [pods('watch')], ports: [tcp(8450)] },
      {
        to: [{ ipBlock: { cidr: '192.0.2.5/32' } }, { ipBlock: { cidr: '192.0.2.6/32' } }],
        ports: [tcp(2379)],
      },
    ]);
  });

  test('endpoints by name may be anywhere that the file leaves open, on their ports', () => {
    const store = { endpoints: ['https://etcd.example:443', 'etcd.example:2379'], tls: 'watch-etcd' };
    const clusters = { main: { closedRanges: ['10.0.0.0/8'] }, other: { context: 'other' } };
    const graph = serviceGraph({ ...IN_CLUSTER, store }, null, { clusters });
    const [, , rule] = records(
      at(find(graph.resources, 'main/NetworkPolicy/harbour/watch').body, 'spec', 'egress'),
    );
    assert.deepEqual(rule, {
      to: [
        { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.169.254/32', '10.0.0.0/8'] } },
        { ipBlock: { cidr: '::/0', except: ['fd00:ec2::254/128'] } },
        { namespaceSelector: {} },
      ],
      ports: [443, 2379].map((port) => ({ protocol: 'TCP', port })),
    });
  });

  test('its Secrets are named and expected, and no object has a value', () => {
    assert.deepEqual(
      expects.filter(({ neededBy }) => neededBy.includes(SET)).map(fields('kind', 'name', 'entries')),
      [
        ['Secret', 'watch-operator', ['token']],
        ['Secret', 'watch-etcd', ['ca.crt', 'tls.crt', 'tls.key']],
        ['Secret', 'watch-tls', ['ca.crt', 'tls.crt', 'tls.key']],
      ],
    );
    assert.ok(!resources.some(({ kind }) => kind === 'Secret'));
  });

  test('it may also prefer other hosts', () => {
    const graph = serviceGraph({ ...IN_CLUSTER, placement: { spread: 'prefer' } });
    const apart = at(
      find(graph.resources, SET).body,
      ...['spec', 'template', 'spec', 'affinity', 'podAntiAffinity'],
    );
    assert.deepEqual(Object.keys(apart as object), ['preferredDuringSchedulingIgnoredDuringExecution']);
  });

  test('every object fits the API', () => {
    for (const graph of [serviceGraph(IN_CLUSTER), serviceGraph(WITH_ETCD), serviceGraph(WITH_ETCD, null)])
      for (const one of graph.resources)
        if (one.target === 'kubernetes') assert.deepEqual(objectProblems(one.body), [], one.id);
  });
});

describe('an etcd of the file', () => {
  const { resources, expects } = serviceGraph(WITH_ETCD);
  const etcd = find(resources, 'main/StatefulSet/harbour/watch-etcd');

  test('has TLS between members and for clients, and the services ask its three members', () => {
    for (const name of ['--client-cert-auth', '--peer-client-cert-auth'])
      assert.equal(flag(etcd, name), null, `${name} is set`);
    for (const name of ['cert-file', 'trusted-ca-file', 'peer-cert-file', 'peer-trusted-ca-file'])
      assert.match(String(flag(etcd, `--${name}`)), /^\/tls\//);
    const set = find(resources, SET);
    assert.deepEqual(
      String(flag(set, '--store-endpoints')).split(','),
      [0, 1, 2].map((member) => `https://watch-etcd-${member}.watch-etcd.harbour.svc:2379`),
    );
    assert.ok(set.needs.includes(etcd.id), 'the services start after it');
  });

  test('only the services reach its clients’ port', () => {
    const { spec } = find(resources, 'main/NetworkPolicy/harbour/watch-etcd').body;
    const [clients] = records(at(spec, 'ingress'));
    assert.deepEqual(clients, {
      from: [{ podSelector: { matchLabels: { 'watchbill/network': 'harbour', 'watchbill/pool': 'watch' } } }],
      ports: [{ protocol: 'TCP', port: 2379 }],
    });
    assert.ok(expects.some(({ name, neededBy }) => name === 'etcd-tls' && neededBy.includes(etcd.id)));
  });
});

describe('a service on machines', () => {
  const { resources, expects } = serviceGraph(ON_MACHINES, 'iron');

  test('is one unit on each, with its own user, folder and credentials, one after the other', () => {
    const units = resources.filter(({ kind, subject }) => kind === 'unit' && subject.pool === 'watch');
    assert.deepEqual(
      units.map(({ place, afterHealthy }) => [place, afterHealthy.length]),
      [
        ['iron', 0],
        ['steel', 1],
        ['tin', 1],
      ],
    );
    const text = unitOf(resources, 'iron');
    assert.match(text, /^ExecStart=\/opt\/watchbill\/bin\/watchbill serve /m);
    assert.match(text, /"--tls-key-file=\$\{CREDENTIALS_DIRECTORY\}\/harbour\.watch-tls\.key"/);
    assert.match(text, /^SupplementaryGroups=wb-harbour$/m, 'else it cannot enter the folder of the network');
    assert.match(text, /--service-url=https:\/\/192\.0\.2\.11:8450/);
    assert.match(
      text,
      /^LoadCredentialEncrypted=harbour\.watch-password\.password:\/etc\/watchbill-fleet\/credentials\//m,
    );
    assert.match(
      text,
      /^StateDirectory=watchbill\/harbour\/watch-iron watchbill\/harbour\/watch-iron\/data$/m,
    );
    for (const line of [
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'CapabilityBoundingSet=',
      'UMask=0077',
    ])
      assert.ok(text.split('\n').includes(line), line);
    assert.match(text, /^Ready=https:\/\/127\.0\.0\.1:8450\/readyz$/m);
    assert.match(unitOf(resources, 'tin'), /--service-url=https:\/\/\[2001:db8::13\]:8450/);
    assert.equal(expects.filter(({ place }) => place === 'steel').length, 8);
  });

  test('a service listens where its address leads', () => {
    const { resources } = serviceGraph(ON_MACHINES, null);
    assert.match(unitOf(resources, 'iron'), /--service-listen-host=0\.0\.0\.0 /);
    // 0.0.0.0 takes no connection to an address of IPv6.
    assert.match(unitOf(resources, 'tin'), /--service-listen-host=:: /);
  });

  test('a node anywhere asks all three', () => {
    for (const [place, kind] of [
      ['iron', 'machine'],
      ['other', 'kubernetes'],
    ]) {
      const graph = serviceGraph(ON_MACHINES, place);
      const node = graph.resources.find(({ target, subject }) => target === kind && subject.keySet !== null);
      assert.ok(node !== undefined);
      const asked = processesOf(node).flatMap(({ words }) =>
        words.filter((word) => word.startsWith('--duty-service=')),
      );
      assert.equal(asked.length, 3);
    }
  });
});

test('explained: every setting has its origin', async () => {
  const { explain, explainable } = await import('../explain/explain.ts');
  const { network } = readFixture(withService(IN_CLUSTER));
  assert.ok(explainable(network).includes('watch'));
  const found = explain(network, 'watch', 'network.yaml');
  assert.deepEqual([found?.kind, found?.role, found?.places], ['service', null, ['main']]);
  const from = (path: string) => found?.settings.find((one) => one.path === path)?.from;
  assert.equal(from('port'), 'default of role service');
  assert.match(from('tls') ?? '', /^service, network\.yaml:1:\d+$/);
});

describe('a file that does not fit', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['no such place', withService({ ...IN_CLUSTER, places: ['mian'] }), /no cluster and no machine mian/],
    ['two machines', withService({ ...ON_MACHINES, places: ['iron', 'tin'] }, 'iron'), /run at iron, tin/],
    ['a machine twice', withService({ ...ON_MACHINES, places: ['iron', 'tin', 'tin'] }), /tin would run two/],
    ['two kinds', withService({ ...IN_CLUSTER, places: ['main', 'iron', 'tin'] }), /run at main, iron, tin/],
    ['no image', withService({ ...IN_CLUSTER, image: undefined }), /no image, and none is published/],
    ['a tag', withService({ ...IN_CLUSTER, image: 'watchbill:1' }), /expected an image by digest/],
    ['no path', withService({ ...ON_MACHINES, command: 'watchbill' }, 'iron'), /no path of the executable/],
    ['no store', withService({ ...IN_CLUSTER, store: {} }), /either endpoints or etcd/],
    [
      'etcd on machines',
      withService({ ...ON_MACHINES, store: WITH_ETCD.store }, 'iron'),
      /in a cluster only/,
    ],
    [
      'no client certificate',
      withService({ ...WITH_ETCD, store: { etcd: WITH_ETCD.store.etcd } }),
      /with a certificate only/,
    ],
    [
      'a user without a password',
      withService({ ...IN_CLUSTER, store: { ...IN_CLUSTER.store, user: 'a' } }),
      /user and password together/,
    ],
    ['the name of a pool', withService({ ...IN_CLUSTER, name: 'validators' }, null, POOL), /validators too/],
    ['no service', withService(undefined), /the file has no service watch/],
    ['another name', withService({ ...IN_CLUSTER, name: 'guard' }), /the file has no service watch/],
    ['out of reach', withService(IN_CLUSTER, 'other'), /inside the cluster main only/],
    ['out of reach, on a machine', withService(IN_CLUSTER, 'iron'), /inside the cluster main only/],
    ['a port twice', withService({ ...ON_MACHINES, port: 9944 }, 'iron'), /listen on port 9944 of iron/],
  ];
  for (const [name, text, what] of cases)
    test(`${name}: refused with a line, a column and a remedy`, () => {
      const read = readNetwork(text);
      assert.ok(!read.ok);
      const found = read.problems.find((one) => what.test(one.what));
      assert.ok(found !== undefined, JSON.stringify(read.problems));
      assert.ok(found.at.column > 1 && found.remedy.length > 10, JSON.stringify(found));
    });

  test('both a reference and addresses are refused', () => {
    const text = withService(IN_CLUSTER).replace(
      '"service":"watch",',
      '"service":"watch","services":["https://one:8450"],',
    );
    const read = readNetwork(text);
    assert.ok(!read.ok && read.problems.some(({ what }) => what === 'duty has both service and services'));
  });
});
