import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '@watchbill/kit';
import type { KubernetesObject, Resource } from '../../graph/resource.ts';
import { withAt } from '../../testing/live.ts';
import { breachesOf } from './check.ts';
import { more, resources } from './testing/changed.ts';

const OWN = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'nodes' } } }];

/** One more policy, for every pod of a namespace that has signers. */
function allows(rules: object): readonly Resource[] {
  const policyTypes = Object.keys(rules).map((name) => (name === 'ingress' ? 'Ingress' : 'Egress'));
  return more('NetworkPolicy', { spec: { podSelector: {}, policyTypes, ...rules } });
}

/** With a part of every policy changed. */
function policiesWith(path: readonly string[], value: Json): readonly Resource[] {
  return resources.map((one) =>
    one.target === 'kubernetes' && one.kind === 'NetworkPolicy'
      ? { ...one, body: withAt(one.body as Json, path, value) as KubernetesObject }
      : one,
  );
}

const EXISTS = { key: 'watchbill/pool', operator: 'Exists' };

/** Changes to the policies of a graph. */
const BREACHES: Readonly<Record<string, () => readonly Resource[]>> = {
  'no policy that closes': () => resources.filter(({ kind }) => kind !== 'NetworkPolicy'),
  'no policy for what comes': () => policiesWith(['spec', 'policyTypes'], ['Egress']),
  'no policy for what goes': () => policiesWith(['spec', 'policyTypes'], ['Ingress']),
  'policies that may select others': () =>
    policiesWith(['spec', 'podSelector', 'matchExpressions'], [EXISTS]),
  'policies of another namespace': () => policiesWith(['metadata', 'namespace'], 'other'),
  'policies of another place': () =>
    resources.map((one) => (one.kind === 'NetworkPolicy' ? { ...one, place: 'elsewhere' } : one)),
  'all ports are open to everyone': () => allows({ ingress: [{}] }),
  'the metrics are open to everyone': () => allows({ ingress: [{ from: [], ports: [{ port: 9615 }] }] }),
  'every namespace may enter the metrics': () =>
    allows({ ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 9615 }] }] }),
  'a range that begins with the p2p port is open to everyone': () =>
    allows({ ingress: [{ ports: [{ port: 30333, endPort: 40000 }] }] }),
  'addresses may enter': () =>
    allows({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 9615 }] }] }),
  'somebody may enter the RPC of a signer': () =>
    allows({ ingress: [{ from: OWN, ports: [{ port: 9944 }] }] }),
  'somebody may enter the RPC of a signer by its name': () =>
    allows({ ingress: [{ from: OWN, ports: [{ port: 'rpc' }] }] }),
  'somebody may enter every port of a signer': () => allows({ ingress: [{ from: OWN }] }),
  'pods reach everything': () => allows({ egress: [{}] }),
  'pods reach every address': () => allows({ egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] }),
  'pods reach credentials by IPv6': () =>
    allows({ egress: [{ to: [{ ipBlock: { cidr: '::/0', except: ['fd00:ec2::253/128'] } }] }] }),
  'pods reach credentials by a smaller block': () =>
    allows({ egress: [{ to: [{ ipBlock: { cidr: '169.254.0.0/16' } }], ports: [{ port: 80 }] }] }),
};

describe('pods that are not closed', () => {
  for (const [name, make] of Object.entries(BREACHES))
    test(name, () => {
      const found = breachesOf(make());
      assert.deepEqual(new Set(found.map(({ invariant }) => invariant)), new Set(['open-network']));
    });
});

test('policies that open little break nothing', () => {
  const spec = {
    podSelector: {},
    ingress: [{ from: OWN, ports: [{ port: 8080 }] }, { ports: [{ port: 30333 }] }],
    egress: [
      { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }] },
      { to: [{ ipBlock: { cidr: '2001:db8::/32' } }, { namespaceSelector: {} }] },
    ],
  };
  assert.deepEqual(breachesOf(more('NetworkPolicy', { spec })), []);
});
