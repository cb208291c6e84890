import assert from 'node:assert/strict';
import type { JsonRecord } from '@watchbill/kit';
import { FIELD_MANAGER } from '../../../../file/graph/index.ts';
import type { FleetNode, Network } from '../../../../file/normalise/index.ts';
import { headText, readFixture } from '../../../../file/testing/index.ts';
import { at } from '../../../kubernetes/ownership.ts';
import { encodeManifest, type Manifest } from '../../manifest.ts';
import type { NodeControl, RecordFile } from '../../port.ts';
import type { DestinationParts } from '../../restore.ts';
import type { RestoreRecord } from '../../restore-state.ts';
import type { NodeFacts } from '../../run-state.ts';
import { FACTS, HASH, manifestFor } from '../../testing/manifest.ts';
import type { OpenCluster } from '../open.ts';
import { volumeDestination } from '../volume-destination.ts';
import { type FakeCluster, fakeCluster } from './fake-cluster.ts';

export const NODE = 'backup-east-0';
export const VOLUMES = ['data', 'relay'] as const;

interface NetworkOfTwo {
  readonly network: Network;
  readonly node: FleetNode;
}

let ofTwo: NetworkOfTwo | null = null;

/** A node of a parachain, which has two volumes. It is read once, because hundreds of runs begin with it. */
export function networkOfTwo(): NetworkOfTwo {
  ofTwo ??= readNetworkOfTwo();
  return ofTwo;
}

function readNetworkOfTwo(): NetworkOfTwo {
  const chain = '{name: asset-hub-paseo, relay: {name: paseo}}';
  const { network } = readFixture(`${headText({ chain, places: 'clusters: {east: {}}' })}pools:
  backup: {role: backup, keys: {node: {source: secret, secret: p2p}}}
  rpc: {role: rpc, count: 1}
  collators: {role: collator, count: 1}
`);
  const node = network.pools.flatMap(({ nodes }) => nodes).find(({ name }) => name === NODE);
  assert.ok(node !== undefined);
  return { network, node };
}

export function claimName(volume: string): string {
  return `${volume}-${NODE}-0`;
}

/** Final in the backup: 10. */
export const MANIFEST: Manifest = manifestFor(
  {},
  {
    node: NODE,
    database: 'unknown',
    tool: { kind: 'volume-snapshot', version: 'v1' },
    volumes: VOLUMES.map((volume) => ({ claim: claimName(volume), snapshot: `snap-${volume}` })),
  },
);

const SIZE = { requests: { storage: '300Gi' } };

function applied(labels: JsonRecord): JsonRecord {
  const fields = { 'f:metadata': { 'f:labels': { 'f:watchbill/network': {} } } };
  const managedFields = [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: fields }];
  return { labels: { 'watchbill/network': 'harbour', ...labels }, managedFields };
}

/** A cluster with the node on two volumes, and a snapshot of each. */
export function clusterOfTwo(): FakeCluster {
  const cluster = fakeCluster();
  const put = putsInto(cluster);
  put('statefulsets', NODE, applied({}), {
    spec: { selector: { matchLabels: { app: NODE } }, volumeClaimTemplates: [] },
  });
  put('storageclasses', 'fast', {}, { provisioner: 'driver' });
  for (const volume of VOLUMES) {
    putVolume(put, volume);
    cluster.data.set(`old-${volume}`, 'old');
    putSnapshot(put, volume);
    cluster.snapshots.set(`snap-${volume}`, 'backup');
  }
  return cluster;
}

/** Puts an object with these fields, and metadata in addition to those of every object. */
type Put = (plural: string, name: string, metadata: JsonRecord, fields: JsonRecord) => void;

function putsInto(cluster: FakeCluster): Put {
  return (plural, name, metadata, fields) => {
    const known = {
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-11-21T01:00:00Z',
    };
    cluster.objects.set(`${plural}/${name}`, { ...fields, metadata: { ...known, ...metadata } });
  };
}

/** A claim, and the volume that it is bound to. */
function putVolume(put: Put, volume: string): void {
  const claim = claimName(volume);
  const labels = { 'watchbill/network': 'harbour' };
  const spec = {
    storageClassName: 'fast',
    accessModes: ['ReadWriteOnce'],
    resources: SIZE,
    volumeName: `old-${volume}`,
  };
  put('persistentvolumeclaims', claim, { labels }, { spec, status: { phase: 'Bound' } });
  const claimRef = { namespace: 'harbour', name: claim, uid: `uid-${claim}` };
  put(
    'persistentvolumes',
    `old-${volume}`,
    {},
    { spec: { persistentVolumeReclaimPolicy: 'Delete', claimRef } },
  );
}

/** A snapshot of a backup, and its content at the driver. */
function putSnapshot(put: Put, volume: string): void {
  const [snapshot, content] = [`snap-${volume}`, `content-${volume}`];
  const annotations = { 'watchbill/backup-id': MANIFEST.id, 'watchbill/backup': encodeManifest(MANIFEST) };
  const status = { readyToUse: true, boundVolumeSnapshotContentName: content, restoreSize: '1Gi' };
  put('volumesnapshots', snapshot, { ...applied({}), annotations }, { status });
  const spec = { driver: 'driver', volumeSnapshotRef: { uid: `uid-${snapshot}` } };
  put('volumesnapshotcontents', content, {}, { spec, status: { readyToUse: true } });
}

/** The node of {@link clusterOfTwo}: it runs on what its claims are bound to. */
export interface World {
  readonly cluster: FakeCluster;
  running: boolean;
  record: RestoreRecord | null;
  /** It was seen to run on the backup. */
  seen: boolean;
  /** The node's answers on volumes with these contents; null: it does not start. */
  factsOn: (contents: readonly (string | undefined)[]) => NodeFacts | null;
  /** The contents of the volumes of its claims now. */
  readonly contents: () => readonly (string | undefined)[];
  /** A new process, which is killed before its call of that number (from 0); null: never. */
  readonly parts: (
    killAt: number | null,
    change?: Partial<DestinationParts>,
  ) => DestinationParts & { readonly open: OpenCluster };
}

export function world(): World {
  const cluster = clusterOfTwo();
  const heights = { old: 20, backup: 10, empty: 0 } as const;
  const own: World = {
    cluster,
    running: true,
    record: null,
    seen: false,
    factsOn: (contents) => {
      const [first] = contents;
      if (first === undefined || contents.some((one) => one !== first)) return null;
      const number = heights[first as keyof typeof heights];
      return { ...FACTS, best: { number: number + 2, hash: HASH }, finalised: { number, hash: HASH } };
    },
    contents: () =>
      VOLUMES.map((volume) => {
        const claim = cluster.objects.get(`persistentvolumeclaims/${claimName(volume)}`);
        return cluster.data.get(String(at(claim, ['spec', 'volumeName'])));
      }),
    parts: (killAt, change = {}) => processOf(own, killAt, change),
  };
  return own;
}

function processOf(own: World, killAt: number | null, change: Partial<DestinationParts>) {
  let left = killAt ?? Number.POSITIVE_INFINITY;
  const call = async (): Promise<void> => {
    if (left <= 0) await new Promise(() => undefined);
    left -= 1;
  };
  const { network, node } = networkOfTwo();
  const open = own.cluster.open(call);
  const control = controlOf(own, call);
  const file: RecordFile<RestoreRecord> = {
    read: () => own.record,
    write: (record) => {
      if (left > 0) own.record = record;
    },
    clear: () => {
      if (left > 0) own.record = null;
    },
  };
  return {
    open,
    control,
    destination: volumeDestination({ cluster: open, network, node, control, genesis: null, older: true }),
    file,
    clock: own.cluster.clock,
    startMs: 200,
    keepOld: false,
    tell: () => undefined,
    ...change,
  };
}

function controlOf(own: World, call: () => Promise<void>): NodeControl {
  return {
    network: 'harbour',
    node: NODE,
    pool: 'backup',
    role: 'backup',
    pruning: 256,
    running: async () => (own.running ? 'yes' : 'no'),
    facts: async () => {
      await call();
      const facts = own.running ? own.factsOn(own.contents()) : null;
      if (facts === null) throw new Error('no answer');
      if (own.contents().every((one) => one === 'backup')) own.seen = true;
      return facts;
    },
    signing: async () => ({ signs: false, keys: [] }),
    hashOf: async () => HASH,
    stop: async () => {
      await call();
      own.running = false;
    },
    start: async () => {
      await call();
      own.running = true;
    },
  };
}

/** Changes one field of an object of the cluster, past every check. */
export function set(own: World, key: string, path: readonly string[], value: unknown): void {
  const copy = structuredClone(own.cluster.objects.get(key)) as Record<string, unknown>;
  const [last = '', ...before] = [...path].reverse();
  let inner = copy;
  for (const name of before.reverse()) inner = inner[name] as Record<string, unknown>;
  inner[last] = value;
  own.cluster.objects.set(key, copy as JsonRecord);
}

/** Long enough for a process that is cut off to finish its work. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 400; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}
