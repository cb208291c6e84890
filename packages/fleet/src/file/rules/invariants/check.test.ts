import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '@watchbill/kit';
import { servicesMark, useOf } from '../../graph/key-set.ts';
import {
  type KubernetesObject,
  type KubernetesResource,
  MARKS,
  type MachineResource,
  type Resource,
} from '../../graph/resource.ts';
import { withAt } from '../../testing/live.ts';
import type { Invariant } from './breach.ts';
import { assertSound, breachesOf, UnsoundGraph } from './check.ts';
import { body, breachTests, changed, more, resources } from './testing/changed.ts';

const SIGNER = 'east/StatefulSet/nodes/collators-east-0';
const SEEDED = 'east/StatefulSet/nodes/collators-east-1';
const RPC = 'west/StatefulSet/wide/api-west';
const UNIT = 'iron/unit/watchbill-wide-collators-iron-0.service';

const CONTAINER = ['spec', 'template', 'spec', 'containers', 0] as const;

function args(id: string, change: (words: readonly string[]) => readonly string[]): readonly Resource[] {
  return body(id, [...CONTAINER, 'args'], [...change(wordsOf(id))]);
}

function wordsOf(id: string): readonly string[] {
  const resource = resources.find((one) => one.id === id);
  assert.ok(resource?.target === 'kubernetes');
  return (resource.body as unknown as SetBody).spec.template.spec.containers[0].args;
}

const asks = (...services: readonly string[]) => [
  '--duty=claims',
  ...services.map((service) => `--duty-service=${service}`),
];
const gated = (service: string) => useOf('one', servicesMark([service], 'anywhere'));

/** Two signers with one key set, each of which asks a service. */
function asking(first: string, second: string): readonly Resource[] {
  const services = new Map([
    [SIGNER, first],
    [SEEDED, second],
  ]);
  return resources.map((one) => {
    const service = services.get(one.id);
    if (service === undefined) return one;
    const told = MARKED.reduce(
      (body, path) => withAt(body, [...path, 'annotations', MARKS.keySet], gated(service)),
      withAt(one.body as Json, [...CONTAINER, 'args'], [...asks(service), ...wordsOf(one.id)]),
    );
    return {
      ...(one as KubernetesResource),
      subject: { ...one.subject, keySet: gated(service) },
      body: told as KubernetesObject,
    };
  });
}

/** Where a set and its pods have their marks. */
const MARKED = [['metadata'], ['spec', 'template', 'metadata']] as const;

interface SetBody {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly args: string[] }] } };
  };
}

function unit(change: (text: string) => string): readonly Resource[] {
  return changed(UNIT, (resource) => {
    const next = withText(resource, change);
    assert.notDeepEqual(next.body, resource.body);
    return next;
  });
}

const OTHER_UNIT = 'iron/unit/watchbill-wide-backup-iron-0.service';
const CREDENTIAL = 'LoadCredentialEncrypted=a.b.c:/etc/watchbill-fleet/credentials/a.b.c.cred';
const withService = (text: string, line: string) => text.replace('[Service]\n', `[Service]\n${line}\n`);

function withText(resource: Resource, change: (text: string) => string): Resource {
  assert.ok(resource.target === 'machine' && resource.body.kind === 'unit');
  return { ...resource, body: { ...resource.body, text: change(resource.body.text) } };
}

const without = (flag: string) => (words: readonly string[]) =>
  words.filter((word) => !word.startsWith(flag));
const plus =
  (...flags: readonly string[]) =>
  (words: readonly string[]) => [...flags, ...words];

/** With other keys in the subject of one, whatever its object says. */
const keyed = (id: string, keySet: string | null, all = resources) =>
  changed(id, (one) => ({ ...one, subject: { ...one.subject, keySet } }), all);

const scaler = (kind: string, key: string, name = 'collators-east-0') =>
  more(kind, { spec: { [key]: { kind: 'StatefulSet', name } } });

const secretVolume = (secretName: string) => [{ name: 'x', secret: { secretName } }];

/** Changes to a graph, and the invariant that must notice each; four invariants have separate files. */
const BREACHES: Readonly<
  Record<
    Exclude<Invariant, 'open-network' | 'keys-mounted' | 'marks-kept' | 'service-quorum'>,
    Readonly<Record<string, () => readonly Resource[]>>
  >
> = {
  'two-signers': {
    'one key set twice': () => keyed(SIGNER, keySetOf(UNIT)),
    'one key set twice, and one of the two does not ask': () =>
      keyed(SIGNER, 'gated.one', keyed(UNIT, 'set.one')),
    'one that is said to ask, and is not told to': () => keyed(SIGNER, 'gated.one'),
    'one without services to ask': () => keyed(SIGNER, 'gated.one', args(SIGNER, plus('--duty=claims'))),
    'two that have one key set, and ask different services': () => asking('https://one', 'https://two'),
    'one whose command line has other services than its subject': () =>
      keyed(SIGNER, gated('https://two'), asking('https://one', 'https://one')),
    'one whose command line has one service more than its subject': () =>
      keyed(SIGNER, gated('https://one'), args(SIGNER, plus(...asks('https://one', 'https://two')))),
    'a validator of unknown keys': () => args(RPC, plus('--validator')),
    'a collator of unknown keys': () => args(RPC, plus('--collator')),
    'a unit that signs with unknown keys': () => keyed(UNIT, null),
  },
  'signer-runs-once': {
    'a second replica': () => body(SIGNER, ['spec', 'replicas'], 2),
    'no number of replicas': () => body(SIGNER, ['spec', 'replicas'], undefined),
    'all pods at once': () => body(SIGNER, ['spec', 'podManagementPolicy'], 'Parallel'),
    'a pod of another number, which starts beside the first': () =>
      body(SIGNER, ['spec', 'ordinals'], { start: 1 }),
    'a pod that is gone from the server while it still runs': () =>
      body(SIGNER, ['spec', 'template', 'spec', 'terminationGracePeriodSeconds'], 0),
    'a Deployment, which surges': () =>
      changed(SIGNER, (one) => ({ ...(one as KubernetesResource), kind: 'Deployment' })),
    'a DaemonSet': () => changed(SIGNER, (one) => ({ ...(one as KubernetesResource), kind: 'DaemonSet' })),
    'an autoscaler': () => scaler('HorizontalPodAutoscaler', 'scaleTargetRef'),
    'an autoscaler of KEDA': () => scaler('ScaledObject', 'scaleTargetRef'),
    'a vertical autoscaler, which evicts': () => scaler('VerticalPodAutoscaler', 'targetRef'),
  },
  'unsafe-rpc': {
    'unsafe methods from outside': () => args(RPC, plus('--unsafe-rpc-external')),
    'unsafe methods by equals sign': () =>
      args(RPC, (words) => [...without('--rpc-methods')(words), '--rpc-methods=unsafe']),
    'unsafe methods of a node that no file mentions': () =>
      args('east/StatefulSet/nodes/archive-east-0', (words) => [
        ...without('--rpc-methods')(words),
        '--rpc-methods=unsafe',
      ]),
    'unsafe methods by two words': () =>
      args(RPC, (words) => ['--rpc-methods', 'Unsafe', ...without('--rpc-methods')(words)]),
    'methods that are not named': () => args(RPC, without('--rpc-methods')),
    'methods that depend': () =>
      args(RPC, (words) => [...without('--rpc-methods')(words), '--rpc-methods=auto']),
    'another endpoint': () =>
      args(RPC, plus('--experimental-rpc-endpoint=listen-addr=0.0.0.0:9955,methods=unsafe')),
    'a chain for play': () => args(RPC, plus('--dev')),
    'the RPC of a signer': () => args(SIGNER, plus('--rpc-external')),
    'the RPC of the relay chain inside a signer': () => args(SIGNER, (words) => [...words, '--rpc-external']),
    'the RPC of a unit': () =>
      unit((text) => text.replace('--rpc-methods=auto', '--rpc-methods=auto --rpc-external')),
    'the network of the host': () => body(SIGNER, ['spec', 'template', 'spec', 'hostNetwork'], true),
    'a port of the host': () =>
      body(RPC, [...CONTAINER, 'ports'], [{ name: 'rpc', containerPort: 9944, hostPort: 9944 }]),
    'a container beside a signer': () =>
      body(SIGNER, ['spec', 'template', 'spec', 'containers', 1], { name: 'proxy', image: 'proxy' }),
    'a Service to a signer': () =>
      more('Service', {
        spec: { selector: { 'watchbill/pool': 'collators' }, ports: [{ port: 80, targetPort: 9944 }] },
      }),
    'a Service by the name of the port': () =>
      more('Service', {
        spec: { selector: { 'watchbill/pool': 'collators' }, ports: [{ port: 80, targetPort: 'rpc' }] },
      }),
  },
  'seed-shared': {
    'two pods': () =>
      body(SIGNER, ['spec', 'template', 'spec', 'volumes'], secretVolume('collators-east-1-keys')),
    'two pods, by variables': () =>
      body(
        SIGNER,
        [...CONTAINER, 'env'],
        [{ name: 'SEED', valueFrom: { secretKeyRef: { name: 'collators-east-1-keys', key: 'aura' } } }],
      ),
    'two pods, all variables': () =>
      body(SIGNER, [...CONTAINER, 'envFrom'], [{ secretRef: { name: 'collators-east-1-keys' } }]),
    'two pods, in a joint volume': () =>
      body(
        SIGNER,
        ['spec', 'template', 'spec', 'volumes'],
        [{ name: 'x', projected: { sources: [{ secret: { name: 'collators-east-1-keys' } }] } }],
      ),
    'two units of a machine': () =>
      unit((text) => withService(text, CREDENTIAL)).map((one) =>
        one.id === OTHER_UNIT ? withText(one, (text) => withService(text, CREDENTIAL)) : one,
      ),
    'two units of a machine, under another name': () =>
      unit((text) => withService(text, CREDENTIAL)).map((one) =>
        one.id === OTHER_UNIT
          ? withText(one, (text) => withService(text, CREDENTIAL.replace('=a.b.c:', '=d.e.f:')))
          : one,
      ),
    'a secret in the text of a unit': () => unit((text) => withService(text, 'SetCredential=token:secret')),
    'a secret in a file that is not encrypted': () =>
      unit((text) => withService(text, 'LoadCredential=token:/etc/token')),
    'a seed on the command line of a unit': () =>
      unit((text) => withService(text, 'ExecStartPre=/node key insert --key-type=babe "--suri=a b c"')),
    'a seed on a command line without its flag': () =>
      unit((text) => withService(text, 'ExecStartPre=/node key insert --key-type=babe')),
    'a well-known seed, by its path': () =>
      unit((text) => withService(text, 'ExecStartPre=/node key insert --suri=//Alice')),
    'a seed on the command line of a container': () =>
      body(
        SEEDED,
        ['spec', 'template', 'spec', 'initContainers', 1, 'command'],
        ['node', 'key', 'insert', '--suri=0xabcd'],
      ),
    'a set of many': () => body(RPC, ['spec', 'template', 'spec', 'volumes'], secretVolume('some-seed')),
  },
  'user-shared': {
    'two units of a machine as one user': () =>
      unit((text) => text.replace(/^User=.*$/m, `User=${userOf(OTHER_UNIT)}`)),
    'two units of a machine as one group': () =>
      unit((text) => text.replace(/^Group=.*$/m, `Group=${userOf(OTHER_UNIT)}`)),
    'a second line that overrules the first': () =>
      unit((text) => withService(text, '').replace(/^(Group=.*)$/m, `$1\nUser=${userOf(OTHER_UNIT)}`)),
    'a unit as root': () => unit((text) => text.replace(/^User=.*$/m, 'User=root')),
    'a unit without a user, which is root': () => unit((text) => text.replace(/^User=.*\n/m, '')),
  },
  'keys-made': {
    'a Secret': () => more('Secret', { data: {} }),
    'a volume': () => more('PersistentVolumeClaim', { spec: {} }),
    'a namespace that may go': () =>
      changed('east/Namespace/-/nodes', (one) => ({ ...one, lifecycle: 'reconcile' })),
    'a folder that may go': () =>
      changed('iron/directory//var/lib/watchbill/wide/collators-iron-0/keys', (one) => ({
        ...one,
        lifecycle: 'reconcile',
      })),
    'a credential': () =>
      changed('iron/directory//etc/watchbill/wide', (one) => {
        const path = '/etc/watchbill-fleet/credentials/wide.a.token.cred';
        const rights = { owner: 'root', group: 'root', mode: '0600' };
        return {
          ...(one as MachineResource),
          kind: 'file',
          body: { kind: 'file', path, ...rights, text: 'x' },
        };
      }),
    'volumes that go with the set': () =>
      body(SIGNER, ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted'], 'Delete'),
    'volumes that go with a pod': () =>
      body(SIGNER, ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenScaled'], 'Delete'),
    'a key at each start': () =>
      body(
        SIGNER,
        ['spec', 'template', 'spec', 'initContainers', 0, 'command'],
        ['node', 'key', 'generate-node-key', '--file', '/keys/node.key'],
      ),
    'a guard that looks at another file': () =>
      body(SIGNER, ['spec', 'template', 'spec', 'initContainers', 0, 'command', 3], '/keys/other.key'),
    'a key at each start of a unit': () => unit((text) => text.replaceAll('test -s', 'true')),
  },
  'one-by-one': {
    'a signer that waits for no other': () => changed(SEEDED, (one) => ({ ...one, afterHealthy: [] })),
    'a signer that waits for the wrong one': () =>
      changed(UNIT, (one) => ({ ...one, afterHealthy: [SIGNER] })),
  },
};

function userOf(id: string): string {
  const one = resources.find((resource) => resource.id === id);
  assert.ok(one?.target === 'machine' && one.body.kind === 'unit');
  return /^User=(.*)$/m.exec(one.body.text)?.[1] ?? '';
}

function keySetOf(id: string): string | null {
  return resources.find((resource) => resource.id === id)?.subject.keySet ?? null;
}

test('credentials of one unit each, and seeds by file, break nothing', () => {
  for (const folder of ['%d', `\${CREDENTIALS_DIRECTORY}`, '/seeds']) {
    const path = `ExecStartPre=/node key insert --suri=${folder}/a.b.c`;
    const resources = unit((text) =>
      text.replace('[Service]\n', () => `[Service]\n${CREDENTIAL}\n${path}\n`),
    );
    assert.deepEqual(breachesOf(resources), []);
  }
});

for (const { name, run } of breachTests(BREACHES)) test(name, run);

test('a graph that breaks one is a defect, named with the broken rule', () => {
  assert.doesNotThrow(() => assertSound({ resources }));
  assert.throws(
    () => assertSound({ resources: more('Secret', {}) }),
    (error: unknown) => {
      assert.ok(error instanceof UnsoundGraph);
      assert.match(error.message, /^east\/Secret\/nodes\/added: a Secret would be applied/);
      return error.code === 'unsound-graph';
    },
  );
});

test('two that have one key set and ask the same service are not a breach', () => {
  const same = asking('https://one', 'https://ONE:443');
  assert.deepEqual(breachesOf(same), []);
});
