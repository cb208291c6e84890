// Tests the isolation of nodes by the meaning of the objects: who may enter which port, and what pods may do.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readNetwork } from '../../compile/read.ts';
import { at, records } from '../../graph/process.ts';
import { ROLES, type Role } from '../../graph/resource.ts';
import { networkText } from '../../plan/testing/random.ts';
import { WIDE } from '../../testing/networks.ts';
import { type Listens, listensOf, mayEnter, mayLeave, type Other } from './testing/entry.ts';
import { EVERY, NETWORKS, OPEN, objectsOf, ofKind, spec } from './testing/every-role.ts';
import { objectProblems } from './testing/validate.ts';

const METRICS_FROM: Readonly<Record<string, string>> = {
  every: 'watch',
  wide: 'monitoring',
  'two places': 'monitoring',
};
const NAMESPACES = ['own', 'nodes', 'wide', 'estuary', 'gateways', 'monitoring', 'watch', 'default'];
const OTHERS: readonly Other[] = [
  ...NAMESPACES.map((namespace) => ({ namespace })),
  { address: '203.0.113.9' },
  { address: '2001:db8::9' },
];
const nameOf = (other: Other) => ('namespace' in other ? other.namespace : other.address);

describe('which peers may enter which port of which pool, and no others', () => {
  for (const [name, text] of Object.entries(NETWORKS)) {
    const objects = objectsOf(text);
    const policies = ofKind(objects, 'NetworkPolicy');
    for (const set of ofKind(objects, 'StatefulSet'))
      test(`${name}: ${set.name}`, () => {
        const everybody = OTHERS.map(nameOf);
        const watch = METRICS_FROM[name] ?? '';
        const wanted: Readonly<Record<keyof Listens, readonly string[]>> = {
          p2p: everybody,
          relayP2p: everybody,
          rpc: OPEN[name]?.[set.subject.pool ?? ''] ?? [],
          relayRpc: [],
          metrics: [watch],
          relayMetrics: [watch],
        };
        const listens = listensOf(set);
        assert.ok(listens.p2p !== null && listens.rpc !== null);
        for (const [what, port] of Object.entries(listens) as [keyof Listens, number | null][]) {
          if (port === null) continue;
          const found = OTHERS.filter((from) => mayEnter(policies, set, port, from)).map(nameOf);
          assert.deepEqual(found, wanted[what].toSorted(byOrder), `${what} on ${port}`);
        }
        const used = Object.values(listens);
        for (const port of [22, 80, 443, 9615, 9944, 9945, 30_333])
          if (!used.includes(port))
            for (const from of OTHERS)
              assert.ok(!mayEnter(policies, set, port, from), `${nameOf(from)} enters ${port}`);
      });
  }
});

function byOrder(one: string, other: string): number {
  const names = OTHERS.map(nameOf);
  return names.indexOf(one) - names.indexOf(other);
}

test('every role is there, with open and closed RPC, with and without metrics, with and without a relay chain', () => {
  const sets = Object.values(NETWORKS).flatMap((text) => ofKind(objectsOf(text), 'StatefulSet'));
  assert.deepEqual(new Set(sets.map(({ subject }) => subject.role)), new Set<Role>(ROLES));
  assert.deepEqual(new Set(sets.map((set) => listensOf(set).metrics !== null)), new Set([true, false]));
  assert.deepEqual(new Set(sets.map((set) => listensOf(set).relayP2p !== null)), new Set([true, false]));
});

test('everything is denied by default: one policy selects every pod of the network, and allows no traffic', () => {
  for (const text of Object.values(NETWORKS)) {
    const objects = objectsOf(text);
    for (const set of ofKind(objects, 'StatefulSet')) {
      const denies = ofKind(objects, 'NetworkPolicy').filter(
        (policy) =>
          policy.place === set.place &&
          spec(policy, 'ingress') === undefined &&
          spec(policy, 'egress') === undefined,
      );
      assert.equal(denies.length, 1);
      for (const port of [22, 9944, 30_333])
        for (const other of OTHERS) {
          assert.ok(!mayEnter(denies, set, port, other), set.id);
          assert.ok(!mayLeave(denies, set, port, other), set.id);
        }
    }
  }
});

test('pods reach peers and names everywhere, their permission services, and never the credentials of a cloud', () => {
  const objects = objectsOf(EVERY);
  const policies = ofKind(objects, 'NetworkPolicy');
  for (const set of ofKind(objects, 'StatefulSet')) {
    const reaches = (port: number, to: Other) => mayLeave(policies, set, port, to);
    const { p2p, rpc } = listensOf(set);
    assert.ok(reaches(p2p ?? 0, { address: '203.0.113.9' }) && reaches(p2p ?? 0, { namespace: 'own' }));
    assert.ok(reaches(53, { namespace: 'kube-system' }));
    assert.equal(reaches(8443, { namespace: 'duty' }), set.subject.role === 'validator');
    assert.ok(!reaches(rpc ?? 0, { namespace: 'own' }), 'the RPC of others');
    assert.ok(!reaches(443, { namespace: 'default' }), 'the API server by its Service');
    assert.ok(reaches(p2p ?? 0, { address: '2001:db8::9' }));
    for (const port of [80, 443, p2p ?? 0])
      for (const address of ['169.254.169.254', 'fd00:ec2::254']) assert.ok(!reaches(port, { address }));
  }
});

test('closed ranges are out of reach for every pod, while peers of the cluster and other addresses are not', () => {
  const closed = EVERY.replace(
    '{namespace: own}',
    '{namespace: own, closedRanges: [10.0.0.0/8, "fd00::/8"]}',
  );
  const objects = objectsOf(closed);
  const policies = ofKind(objects, 'NetworkPolicy');
  const excepts = (family: string, own: readonly (typeof policies)[number][]) =>
    own.flatMap((policy) =>
      records(spec(policy, 'egress'))
        .flatMap(({ to }) => records(to))
        .filter(({ ipBlock }) => at(ipBlock, 'cidr') === family)
        .map(({ ipBlock }) => at(ipBlock, 'except')),
    );
  const pools = policies.filter((policy) => spec(policy, 'egress') !== undefined);
  assert.ok(pools.length > 4);
  for (const policy of pools) {
    assert.deepEqual(excepts('0.0.0.0/0', [policy]), [['169.254.169.254/32', '10.0.0.0/8']]);
    assert.deepEqual(excepts('::/0', [policy]), [['fd00:ec2::254/128', 'fd00::/8']]);
    assert.deepEqual(objectProblems(policy.body), []);
  }
  for (const set of ofKind(objects, 'StatefulSet')) {
    const { p2p } = listensOf(set);
    assert.ok(mayLeave(policies, set, p2p ?? 0, { namespace: 'own' }), 'two peers of the cluster meet');
    assert.ok(mayEnter(policies, set, p2p ?? 0, { namespace: 'own' }));
    assert.ok(mayLeave(policies, set, p2p ?? 0, { address: '203.0.113.9' }), 'and peers elsewhere');
  }
});

test('with limits pods reach names, peers, what their settings name, and the named places, and nothing else', () => {
  const PEER = { address: '203.0.113.9' };
  const NAMED = { address: '198.51.100.7' };
  const limited = (egress: string, text = EVERY) =>
    objectsOf(
      text.replace('{namespace: own}', `{namespace: own, closedRanges: [10.0.0.0/8], egress: ${egress}}`),
    );
  const objects = limited(
    '{peerPorts: [40333, "30000-30100"], places: [{range: 198.51.100.7/32, ports: [443]}]}',
    EVERY.replace(
      'archive: {role: archive,',
      'archive: {role: archive, flags: {reserved-nodes: [/dns/boot.example.org/tcp/31234/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp], telemetry-url: ["wss://telemetry.example.org/submit/ 0"]},',
    ),
  );
  const policies = ofKind(objects, 'NetworkPolicy');
  for (const policy of policies) assert.deepEqual(objectProblems(policy.body), []);
  for (const set of ofKind(objects, 'StatefulSet')) {
    const reaches = (port: number, to: Other) => mayLeave(policies, set, port, to);
    const { p2p } = listensOf(set);
    for (const port of [p2p ?? 0, 53, 30_333, 30_444, 40_333, 30_000, 30_100]) {
      assert.ok(reaches(port, PEER), `${set.name} reaches ${port}`);
      assert.ok(reaches(port, { address: '2001:db8::9' }));
      assert.ok(!reaches(port, { address: '169.254.169.254' }));
    }
    const isArchive = set.subject.pool === 'archive';
    assert.equal(reaches(31_234, PEER), isArchive, 'a boot node in a flag');
    assert.equal(reaches(443, PEER), isArchive, 'a URL in a flag');
    assert.equal(reaches(8443, PEER), set.subject.role === 'validator', 'its permission service');
    assert.ok(reaches(443, NAMED));
    for (const port of [22, 80, 6443, 10_250, 30_101, 40_334])
      for (const to of [PEER, NAMED]) assert.ok(!reaches(port, to), `${set.name} does not reach ${port}`);
  }
  // Control: without limits every port is open.
  const [set] = ofKind(objectsOf(EVERY), 'StatefulSet');
  assert.ok(set !== undefined && mayLeave(ofKind(objectsOf(EVERY), 'NetworkPolicy'), set, 22, PEER));
  // The smallest limits, also of nodes beside a relay chain.
  const wide = WIDE.replace('east: {namespace: nodes}', 'east: {namespace: nodes, egress: {}}');
  assert.notEqual(wide, WIDE);
  let beside = 0;
  for (const text of [EVERY.replace('{namespace: own}', '{namespace: own, egress: {}}'), wide]) {
    const own = objectsOf(text);
    for (const one of ofKind(own, 'StatefulSet')) {
      const { p2p, relayP2p } = listensOf(one);
      if (relayP2p !== null) beside += 1;
      for (const port of [p2p, relayP2p])
        assert.ok(
          port === null || mayLeave(ofKind(own, 'NetworkPolicy'), one, port, PEER),
          `${one.name} ${port}`,
        );
    }
  }
  assert.ok(beside > 0);
});

test('in a random network the RPC of a signer is closed, and that of others is open to the named namespaces only', () => {
  let seen = 0;
  fc.assert(
    fc.property(networkText, (text) => {
      const read = readNetwork(text, new Map());
      if (!read.ok) return;
      const objects = read.graph.resources.filter((one) => one.target === 'kubernetes');
      const policies = ofKind(objects, 'NetworkPolicy');
      const pools = read.network.pools.filter(({ settings }) => settings.exposure.rpc === 'cluster');
      const served = new Set(pools.map(({ name }) => name));
      for (const set of ofKind(objects, 'StatefulSet')) {
        seen += 1;
        const open = set.subject.role === 'rpc' && served.has(set.subject.pool ?? '');
        const { rpc } = listensOf(set);
        const found = [...OTHERS, { namespace: 'tide' }].filter((from) =>
          mayEnter(policies, set, rpc ?? 0, from),
        );
        assert.deepEqual(found.map(nameOf), open ? ['tide'] : [], set.id);
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(seen > 0, 'some networks are not refused');
});

test('with limits pods reach the boot nodes of the file at the addresses that they announce', () => {
  const boot = WIDE.replace('/dns/boot.example.org/tcp/30333', '/dns/boot.example.org/tcp/31234').replace(
    'east: {namespace: nodes}',
    'east: {namespace: nodes, egress: {}}',
  );
  const objects = objectsOf(boot);
  const policies = ofKind(objects, 'NetworkPolicy');
  const sets = ofKind(objects, 'StatefulSet').filter(({ place }) => place === 'east');
  for (const set of sets)
    assert.ok(
      mayLeave(policies, set, 31_234, { address: '203.0.113.9' }),
      `${set.name} reaches the boot node`,
    );
});
