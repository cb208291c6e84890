import { randomUUID } from 'node:crypto';
import { type Clock, type JsonRecord, messageOf } from '@watchbill/kit';
import { portsOf } from '../../../file/emit/index.ts';
import { bytesOf } from '../../../file/graph/index.ts';
import { withDeadline } from '../../../file/live/index.ts';
import { chainsOf, type FleetNode, type Network } from '../../../file/normalise/index.ts';
import type { ObjectRef } from '../../kubernetes/objects.ts';
import { at } from '../../kubernetes/ownership.ts';
import { podFacts } from '../../kubernetes/pods.ts';
import { BackupFault } from '../backup-fault.ts';
import { withRpc } from '../control/with-rpc.ts';
import { wrongOf } from '../drill.ts';
import { type AskRpc, factsOver, hashOver } from '../facts.ts';
import type { Manifest } from '../manifest.ts';
import type { RecordFile } from '../port.ts';
import type { KeptVolume } from '../restore-state.ts';
import type { NodeFacts } from '../run-state.ts';
import { DRILL_LABEL, DRILL_RUN, DRILL_UNTIL, drillNames, drillPod } from './drill-pod.ts';
import { type DrillMark, removeDrill, removeLeftovers } from './leftovers.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { refuseShortage } from './quota.ts';
import { DRILL_RIGHTS, refuseMissingRights } from './rights.ts';
import { holdSnapshots, letSnapshotsGo } from './snapshots.ts';
import { planVolumes, setOf } from './volume-claims.ts';
import { createWrites } from './writes.ts';

export interface VolumeDrillParts {
  readonly cluster: OpenCluster;
  readonly network: Network;
  readonly node: FleetNode;
  readonly manifest: Manifest;
  readonly clock: Clock;
  /** The objects that may exist, so that the next drill can remove them if this one is killed. */
  readonly file: RecordFile<DrillMark>;
  /** From the start of the pod until the node has the height; the volume is made in this time too. */
  readonly startMs: number;
}

const LOOK_EVERY_MS = 500;
/** Beyond the time for the node: for the server, and for clocks that differ. */
const SPARE_MS = 120_000;
/** Time for cleaning up, also if the command was stopped. */
const CLEAN_MS = 300_000;

/**
 * Creates a volume from a backup's snapshot, starts a node on it in a separate pod, without keys and peers,
 * and always removes both. First removes the objects of an earlier drill that was killed. Throws a
 * BackupFault if the node does not have the height and the hash of the manifest.
 */
export async function drillVolumes(parts: VolumeDrillParts, signal: AbortSignal): Promise<NodeFacts> {
  const { cluster, network, node, manifest, clock, file, startMs } = parts;
  if (chainsOf(network, node).beside !== null)
    throw new BackupFault('drill', 'drills of parachain nodes are not implemented yet', 'try one by hand');
  await refuseMissingRights(cluster, DRILL_RIGHTS, signal);
  await removeLeftovers(cluster, node.name, file, clock, signal);
  const [volume] = await planVolumes(cluster, network, node, manifest, signal);
  if (volume === undefined)
    throw new BackupFault('contents', 'the backup has no volume', 'use another backup');
  const more = { storageClass: volume.storageClass, bytes: bytesOf(volume.newSize) ?? 0, claims: 1 };
  await refuseShortage(cluster, [more], signal);
  const until = new Date(clock.nowMs() + startMs + SPARE_MS).toISOString();
  const mark: DrillMark = {
    format: 'watchbill/drill/1',
    node: node.name,
    run: randomUUID(),
    until,
    snapshots: [volume.snapshot],
  };
  file.write(mark);
  let failed: unknown = null;
  try {
    await holdSnapshots(cluster, 'drill', node.name, mark.snapshots, signal);
    await make(parts, volume, mark, signal);
    return await startedOn(parts, signal);
  } catch (error) {
    failed = error;
    throw error;
  } finally {
    await cleaned(parts, mark, failed);
  }
}

/** Removes the objects of this drill, with a separate deadline, because a stopped command cleans up too. */
async function cleaned(
  { cluster, node, file, clock }: VolumeDrillParts,
  mark: DrillMark,
  failed: unknown,
): Promise<void> {
  const { pod, claim } = drillNames(node.name);
  try {
    await withDeadline(clock, CLEAN_MS, null, async (signal) => {
      await removeDrill(cluster, node.name, mark.run, signal);
      await letSnapshotsGo(cluster, 'drill', node.name, mark.snapshots, signal);
    });
  } catch (left) {
    const also = failed === null ? '' : ` (before that: ${messageOf(failed)})`;
    throw new BackupFault(
      'drill',
      `the drill could not be removed: pod ${pod} and claim ${claim} in namespace ${cluster.place.namespace} may still exist (${messageOf(left)})${also}`,
      'run the drill again: it removes them first',
      left,
    );
  }
  file.clear();
}

async function make(
  { cluster, network, node, startMs }: VolumeDrillParts,
  volume: KeptVolume,
  { run, until }: DrillMark,
  signal: AbortSignal,
): Promise<void> {
  const writes = createWrites(cluster.client);
  const { namespace } = cluster.place;
  const labels = { 'app.kubernetes.io/managed-by': 'watchbill', [DRILL_LABEL]: node.name };
  const claim: JsonRecord = {
    metadata: {
      name: drillNames(node.name).claim,
      labels,
      annotations: { [DRILL_RUN]: run, [DRILL_UNTIL]: until },
    },
    spec: {
      accessModes: [...volume.accessModes],
      volumeMode: volume.volumeMode,
      ...(volume.storageClass === null ? {} : { storageClassName: volume.storageClass }),
      resources: { requests: { storage: volume.newSize } },
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: volume.snapshot },
    },
  };
  const pod = drillPod({
    node,
    set: await setOf(cluster, network, node, signal),
    rpcPort: portsOf(node, 'kubernetes').rpc,
    run,
    until,
    mostSeconds: Math.ceil((startMs + SPARE_MS) / 1_000),
  });
  const both = [
    { kind: 'PersistentVolumeClaim', body: claim },
    { kind: 'Pod', body: pod },
  ] as const;
  // First as a dry run: a quota or a policy refuses before any object is made.
  for (const dryRun of [true, false])
    for (const { kind, body } of both) {
      const done = await writes.create(kind, namespace, body, dryRun, signal);
      if (!done.ok) throw clusterFault(cluster, `making the ${kind} of the drill`, done.failure.detail);
    }
}

async function startedOn(parts: VolumeDrillParts, outer: AbortSignal): Promise<NodeFacts> {
  const { manifest, clock, startMs } = parts;
  let last = 'its pod does not start';
  try {
    const facts = await withDeadline(clock, startMs, outer, async (signal) => {
      while (!signal.aborted) {
        const seen = await look(parts, signal);
        if ('facts' in seen) return seen.facts;
        last = seen.why;
        if (seen.isOver) break;
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
      return null;
    });
    if (facts !== null) return facts;
  } catch (error) {
    last = messageOf(error);
  }
  outer.throwIfAborted();
  throw new BackupFault(
    'drill',
    `a node on backup ${manifest.id} does not start correctly: ${last}`,
    'use an older backup, and look at the events of the pod and of its claim',
  );
}

type Seen = { readonly facts: NodeFacts } | { readonly why: string; readonly isOver: boolean };

async function look({ cluster, node, manifest }: VolumeDrillParts, signal: AbortSignal): Promise<Seen> {
  const { namespace } = cluster.place;
  const name = drillNames(node.name).pod;
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  const got = await cluster.objects.get(ref, signal);
  if (!got.ok) return { why: got.failure.detail, isOver: got.failure.reason === 'not-found' };
  const phase = at(got.object, ['status', 'phase']);
  if (phase === 'Failed' || phase === 'Succeeded') return { why: 'the node ended by itself', isOver: true };
  const facts = podFacts(got.object);
  if (facts.ready !== 'yes')
    return {
      why: facts.stuck ?? 'its pod is not ready: its volume may not exist yet',
      isOver: facts.stuck !== null,
    };
  const way = await cluster.forward(namespace, name, portsOf(node, 'kubernetes').rpc);
  const compared = async (ask: AskRpc): Promise<Seen> => {
    const said = await factsOver(ask, signal).catch(() => null);
    if (said === null) return { why: 'the node does not answer', isOver: false };
    // A block from a peer would prove nothing about the backup.
    if (said.peers > 0) return { why: 'it has peers, which it must not', isOver: true };
    const wrong = await wrongOf(manifest, said, (number) => hashOver(ask, number, signal));
    return wrong === null ? { facts: said } : { why: wrong, isOver: false };
  };
  try {
    return await withRpc(`http://127.0.0.1:${way.port}`, compared);
  } finally {
    way.close();
  }
}
