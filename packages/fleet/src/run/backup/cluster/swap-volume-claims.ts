import type { JsonRecord } from '@watchbill/kit';
import { at } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import type { KeptVolume, RestoreRecord } from '../restore-state.ts';
import { changeVolume, isKept, liveVolume } from './keeping.ts';
import { clusterFault, type OpenCluster } from './open.ts';
import { orNull, retried, Transient, untilTrue } from './retry.ts';
import { claimRef, readObject } from './volume-claims.ts';
import { createWrites } from './writes.ts';

/** On a claim that was made of a backup: its id. */
export const FROM_MARK = 'watchbill/restored-from';
/** The longest wait until a removed claim is gone, or a new one is bound. */
const CLAIM_MS = 300_000;

/**
 * The node is down. Each claim is made anew of its snapshot; finished ones are left alone. Answers why the
 * server does not take one of them; null: all are made.
 */
export async function swapClaimsIn(
  cluster: OpenCluster,
  { manifest, volumes = [] }: RestoreRecord,
  signal: AbortSignal,
): Promise<string | null> {
  for (const planned of volumes) {
    const live = await readObject(cluster, claimRef(cluster, planned.claim), signal);
    if (live !== null && uidOf(live) === planned.claimUid) {
      if (planned.volume !== null && !isKept(await liveVolume(cluster, planned.volume, signal)))
        throw new BackupFault(
          'cluster',
          `PersistentVolume ${planned.volume.name} would not outlive its claim ${planned.claim}`,
          'something set its reclaim policy back; find out what did, then run this again',
        );
      await removeClaim(cluster, live, signal);
    }
    const why = await makeClaim(cluster, planned, signal, {
      annotations: { [FROM_MARK]: manifest.id },
      size: planned.newSize,
      spec: {
        dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: planned.snapshot },
      },
      isIt: (found) => isFrom(found, manifest.id) && uidOf(found) !== planned.claimUid,
    });
    if (why !== null) return why;
  }
  return null;
}

/**
 * The node is down. Each claim that was made of the backup goes, and the old volume gets one of its old name.
 */
export async function swapClaimsBack(
  cluster: OpenCluster,
  { manifest, volumes = [] }: RestoreRecord,
  signal: AbortSignal,
): Promise<void> {
  for (const planned of volumes) {
    const { volume, claim } = planned;
    if (volume === null) throw clusterFault(cluster, `claim ${claim}`, 'it had no volume before');
    const live = await readObject(cluster, claimRef(cluster, claim), signal);
    if (live !== null && at(live, ['spec', 'volumeName']) !== volume.name) {
      if (!isFrom(live, manifest.id)) throw strangeClaim(claim);
      await removeClaim(cluster, live, signal);
    }
    if (live === null || at(live, ['spec', 'volumeName']) !== volume.name) {
      await freeVolume(cluster, planned, volume, signal);
      const why = await makeClaim(cluster, planned, signal, {
        annotations: {},
        size: planned.oldSize,
        spec: { volumeName: volume.name },
        isIt: (found) => at(found, ['spec', 'volumeName']) === volume.name,
      });
      if (why !== null) throw clusterFault(cluster, `claim ${claim}`, why);
    }
    const isBound = async () =>
      at(await readObject(cluster, claimRef(cluster, claim), signal), ['status', 'phase']) === 'Bound';
    if (!(await untilTrue(cluster, isBound, CLAIM_MS, signal)))
      throw clusterFault(cluster, `claim ${claim}`, `it cannot get its old volume ${volume.name} back`);
  }
}

/** The volume is for the claim of that name again, and for no other. */
async function freeVolume(
  cluster: OpenCluster,
  { claim }: KeptVolume,
  volume: NonNullable<KeptVolume['volume']>,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = cluster.place;
  await retried(
    cluster,
    async () => {
      const live = await liveVolume(cluster, volume, signal);
      if (live === null || !isKept(live))
        throw clusterFault(
          cluster,
          `PersistentVolume ${volume.name}`,
          'the old volume is gone or being removed',
        );
      const owner = at(live, ['spec', 'claimRef']);
      if (at(owner, ['namespace']) !== namespace || at(owner, ['name']) !== claim)
        throw clusterFault(cluster, `PersistentVolume ${volume.name}`, 'another claim has taken it');
      if (at(owner, ['uid']) === undefined) return;
      const value = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim };
      await changeVolume(cluster, live, [{ op: 'replace', path: '/spec/claimRef', value }], signal);
    },
    signal,
  );
}

interface Made {
  readonly annotations: Readonly<Record<string, string>>;
  readonly size: string;
  readonly spec: JsonRecord;
  /** Whether an existing claim is the wanted one. */
  readonly isIt: (found: JsonRecord) => boolean;
}

/** Answers why the server refuses it; null: it is there. */
async function makeClaim(
  cluster: OpenCluster,
  planned: KeptVolume,
  signal: AbortSignal,
  { annotations, size, spec, isIt }: Made,
): Promise<string | null> {
  const { claim, labels, accessModes, storageClass, volumeMode } = planned;
  const body: JsonRecord = {
    metadata: { name: claim, labels: { ...labels }, annotations: { ...annotations } },
    spec: {
      accessModes: [...accessModes],
      volumeMode,
      ...(storageClass === null ? {} : { storageClassName: storageClass }),
      resources: { requests: { storage: size } },
      ...spec,
    },
  };
  return retried(
    cluster,
    async () => {
      const found = orNull(
        cluster,
        `claim ${claim}`,
        await cluster.objects.get(claimRef(cluster, claim), signal),
      );
      if (found !== null && isIt(found) && at(found, ['metadata', 'deletionTimestamp']) === undefined)
        return null;
      if (found !== null) throw strangeClaim(claim);
      const { namespace } = cluster.place;
      const done = await createWrites(cluster.client).create(
        'PersistentVolumeClaim',
        namespace,
        body,
        false,
        signal,
      );
      if (done.ok) return null;
      const { reason, detail } = done.failure;
      // The cause is a quota, a policy or a missing right, so a repetition would be refused too.
      if (reason === 'forbidden' || reason === 'invalid' || reason === 'not-found')
        return `the server refuses the new claim ${claim}: ${detail}`;
      throw new Transient(detail);
    },
    signal,
  );
}

/** Removes a claim if it is as it was read, and waits until it is gone. Then its name is free. */
export async function removeClaim(
  cluster: OpenCluster,
  live: JsonRecord,
  signal: AbortSignal,
): Promise<void> {
  const name = String(at(live, ['metadata', 'name']));
  const ref = claimRef(cluster, name);
  const isGone = async (): Promise<boolean> => {
    const now = await readObject(cluster, ref, signal);
    return now === null || uidOf(now) !== uidOf(live);
  };
  await retried(
    cluster,
    async () => {
      if (await isGone()) return;
      const preconditions = { uid: uidOf(live) };
      const done = await cluster.objects.remove(ref, { preconditions }, signal);
      orNull(cluster, `claim ${name}`, done);
    },
    signal,
  );
  if (!(await untilTrue(cluster, isGone, CLAIM_MS, signal)))
    throw clusterFault(cluster, `claim ${name}`, 'it is not removed in time: find out which pod uses it');
}

export function uidOf(object: JsonRecord): string {
  return String(at(object, ['metadata', 'uid']));
}

function isFrom(claim: JsonRecord, id: string): boolean {
  return at(claim, ['metadata', 'annotations', FROM_MARK]) === id;
}

function strangeClaim(claim: string): BackupFault {
  return new BackupFault(
    'cluster',
    `this restore does not know claim ${claim}: something else made it meanwhile`,
    'find out who made it; remove it if it has no valuable data, then run this again',
  );
}
