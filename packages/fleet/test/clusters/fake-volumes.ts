import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '@watchbill/testkit/kubernetes';
import { itemsOf, mergePatch } from './ground.ts';

/** Of the storage class and the snapshot class, which have this name too. */
export const DRIVER = 'folders.example.org';
const CLASS = 'folders';
const SNAPSHOTS = '/apis/snapshot.storage.k8s.io/v1';
const BOUND_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';
const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';

interface Item {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests: { readonly storage: string } };
    readonly dataSource?: { readonly kind: string; readonly name: string };
    readonly csi?: { readonly driver: string; readonly volumeHandle: string };
    readonly persistentVolumeReclaimPolicy?: string;
    readonly driver?: string;
    readonly deletionPolicy?: string;
    readonly source?: { readonly volumeHandle?: string };
  };
  readonly status?: {
    readonly phase?: string;
    readonly snapshotHandle?: string;
    readonly boundVolumeSnapshotContentName?: string;
  };
}

export interface FakeVolumes {
  /** Each volume and each snapshot is a folder here. */
  readonly folder: string;
  /** Folder of the volume of that handle. */
  readonly volume: (handle: string) => string;
  /** Snapshots fail with this text; null: they are made. */
  snapshotError: string | null;
  /** Volumes that are made of a snapshot have nothing on them: a driver that is broken. */
  losesData: boolean;
  /** Called before the folder of a volume is copied, with its handle, and waited for. */
  onCopy: (handle: string) => Promise<void>;
  close(): Promise<void>;
}

/**
 * In place of a CSI driver with its provisioner and its sidecar for snapshots: volumes and snapshots are
 * folders, and a volume from a snapshot is a copy of it. It does on the API what those do, and nothing of
 * what the controllers of Kubernetes do.
 */
export async function fakeVolumes(plane: ControlPlane, folder: string): Promise<FakeVolumes> {
  mkdirSync(join(folder, 'volumes'), { recursive: true });
  mkdirSync(join(folder, 'snapshots'), { recursive: true });
  await addClasses(plane);
  let open = true;
  const own: FakeVolumes = {
    folder,
    volume: (handle) => join(folder, 'volumes', handle),
    snapshotError: null,
    losesData: false,
    onCopy: async () => undefined,
    close: async () => {
      open = false;
      await loop;
    },
  };
  const loop = (async () => {
    while (open) {
      for (const work of [provision, reclaim, snapshots]) await work(plane, own).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return own;
}

async function addClasses(plane: ControlPlane): Promise<void> {
  const metadata = { name: CLASS };
  await plane.request('POST', '/apis/storage.k8s.io/v1/storageclasses', {
    metadata,
    provisioner: DRIVER,
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: true,
  });
  await plane.request('POST', '/apis/storage.k8s.io/v1/csidrivers', {
    metadata: { name: DRIVER },
    spec: { attachRequired: false },
  });
  await plane.request('POST', `${SNAPSHOTS}/volumesnapshotclasses`, {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata,
    driver: DRIVER,
    deletionPolicy: 'Delete',
  });
}

const items = (plane: ControlPlane, path: string): Promise<readonly Item[]> => itemsOf(plane, path);

/** As an external provisioner: a volume for each claim that waits for this driver. */
async function provision(plane: ControlPlane, own: FakeVolumes): Promise<void> {
  for (const { metadata, spec, status } of await items(plane, '/api/v1/persistentvolumeclaims')) {
    if (status?.phase !== 'Pending' || spec.volumeName !== undefined) continue;
    if (metadata.annotations?.[PROVISIONER] !== DRIVER || metadata.deletionTimestamp !== undefined) continue;
    const name = `pvc-${metadata.uid}`;
    if (!existsSync(own.volume(name))) {
      const source = await handleOf(plane, metadata.namespace, spec.dataSource);
      if (source === 'not yet') continue;
      if (source === null || own.losesData) mkdirSync(own.volume(name));
      else cpSync(join(own.folder, 'snapshots', source), own.volume(name), { recursive: true });
    }
    await plane.request('POST', '/api/v1/persistentvolumes', {
      metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': DRIVER } },
      spec: {
        accessModes: spec.accessModes,
        capacity: { storage: spec.resources?.requests.storage },
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: CLASS,
        csi: { driver: DRIVER, volumeHandle: name },
        claimRef: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          namespace: metadata.namespace,
          name: metadata.name,
          uid: metadata.uid,
        },
      },
    });
  }
}

/** The handle of the snapshot that a claim asks for; null: it asks for none. */
async function handleOf(
  plane: ControlPlane,
  namespace: string,
  source: Item['spec']['dataSource'],
): Promise<string | null> {
  if (source === undefined) return null;
  const snapshot = await plane.request(
    'GET',
    `${SNAPSHOTS}/namespaces/${namespace}/volumesnapshots/${source.name}`,
  );
  const bound = (snapshot.body as Item).status?.boundVolumeSnapshotContentName;
  if (bound === undefined) return 'not yet';
  const content = await plane.request('GET', `${SNAPSHOTS}/volumesnapshotcontents/${bound}`);
  return (content.body as Item).status?.snapshotHandle ?? 'not yet';
}

/** A volume that no claim has goes where its policy says so, with its folder. */
async function reclaim(plane: ControlPlane, own: FakeVolumes): Promise<void> {
  for (const { metadata, spec, status } of await items(plane, '/api/v1/persistentvolumes')) {
    if (spec.csi?.driver !== DRIVER || status?.phase !== 'Released') continue;
    if (spec.persistentVolumeReclaimPolicy !== 'Delete') continue;
    rmSync(own.volume(spec.csi.volumeHandle), { recursive: true, force: true });
    await plane.request('DELETE', `/api/v1/persistentvolumes/${metadata.name}`);
  }
}

/** As the sidecar for snapshots: makes what contents ask for, and takes it away before they go. */
async function snapshots(plane: ControlPlane, own: FakeVolumes): Promise<void> {
  for (const content of await items(plane, `${SNAPSHOTS}/volumesnapshotcontents`)) {
    const { metadata, spec, status } = content;
    if (spec.driver !== DRIVER) continue;
    const handle = `snap-${metadata.uid}`;
    const kept = join(own.folder, 'snapshots', handle);
    if (metadata.deletionTimestamp !== undefined) await letGo(plane, content, kept);
    else if (status?.snapshotHandle === undefined && spec.source?.volumeHandle !== undefined)
      await snapshot(plane, own, content, kept);
  }
}

async function snapshot(
  plane: ControlPlane,
  own: FakeVolumes,
  { metadata, spec }: Item,
  kept: string,
): Promise<void> {
  const from = spec.source?.volumeHandle ?? '';
  const path = `${SNAPSHOTS}/volumesnapshotcontents/${metadata.name}/status`;
  const say = (status: object) => mergePatch(plane, path, { status });
  if (own.snapshotError !== null) {
    await say({ readyToUse: false, error: { message: own.snapshotError, time: new Date().toISOString() } });
    return;
  }
  await own.onCopy(from);
  cpSync(own.volume(from), kept, { recursive: true });
  const creationTime = Date.now() * 1_000_000;
  await say({
    snapshotHandle: `snap-${metadata.uid}`,
    creationTime,
    restoreSize: 2 ** 30,
    readyToUse: true,
    error: null,
  });
}

async function letGo(plane: ControlPlane, { metadata, spec }: Item, kept: string): Promise<void> {
  if (metadata.finalizers?.includes(BOUND_FINALIZER) !== true) return;
  if (spec.deletionPolicy === 'Delete') {
    if (metadata.annotations?.['snapshot.storage.kubernetes.io/volumesnapshot-being-deleted'] === undefined)
      return;
    rmSync(kept, { recursive: true, force: true });
  }
  const finalizers = metadata.finalizers.filter((one) => one !== BOUND_FINALIZER);
  const path = `${SNAPSHOTS}/volumesnapshotcontents/${metadata.name}`;
  await mergePatch(plane, path, { metadata: { finalizers } });
}
