import type { ControlPlane } from '@watchbill/testkit/kubernetes';

const GROUP = 'snapshot.storage.k8s.io';
const TEXT = { type: 'string' };

function crd(
  kind: string,
  plural: string,
  scope: 'Namespaced' | 'Cluster',
  properties: object,
  required: readonly string[],
) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${GROUP}`,
      // Groups of *.k8s.io are only served with this.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in of a test' },
    },
    spec: {
      group: GROUP,
      scope,
      names: { plural, singular: kind.toLowerCase(), kind },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', required, properties } },
        },
      ],
    },
  };
}

const SNAPSHOT = {
  spec: {
    type: 'object',
    required: ['source'],
    properties: {
      source: { type: 'object', properties: { persistentVolumeClaimName: TEXT } },
      volumeSnapshotClassName: TEXT,
    },
  },
  status: {
    type: 'object',
    properties: {
      readyToUse: { type: 'boolean' },
      error: { type: 'object', properties: { message: TEXT } },
    },
  },
};

/** The kinds of snapshots as their controller brings them, as much of them as is used, and strict. */
export async function addSnapshotKinds(plane: ControlPlane): Promise<void> {
  const classes = { driver: TEXT, deletionPolicy: TEXT };
  for (const one of [
    crd('VolumeSnapshot', 'volumesnapshots', 'Namespaced', SNAPSHOT, ['spec']),
    crd('VolumeSnapshotClass', 'volumesnapshotclasses', 'Cluster', classes, ['driver', 'deletionPolicy']),
  ])
    await plane.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', one);
}

export interface FakeSnapshots {
  /** What the controller says of new snapshots; null: that they can be used. */
  error: string | null;
  /** How many pods of the namespace there were when each snapshot was seen first. */
  readonly podsThen: Map<string, number>;
  close(): Promise<void>;
}

interface Item {
  readonly metadata: { readonly name: string };
  readonly status?: object;
}

/** In place of a snapshot controller with a driver: says of every snapshot that it can be used. No data is kept anywhere. */
export function fakeSnapshotController(plane: ControlPlane, namespace: string): FakeSnapshots {
  let open = true;
  const path = `/apis/${GROUP}/v1/namespaces/${namespace}/volumesnapshots`;
  const own: FakeSnapshots = {
    error: null,
    podsThen: new Map(),
    close: async () => {
      open = false;
      await loop;
    },
  };
  const loop = (async () => {
    while (open) {
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();

  async function look(): Promise<void> {
    const { body } = await plane.request('GET', path);
    const items = (body as { readonly items?: readonly Item[] }).items ?? [];
    for (const { metadata, status } of items) {
      if (status !== undefined) continue;
      const pods = await plane.request('GET', `/api/v1/namespaces/${namespace}/pods`);
      own.podsThen.set(metadata.name, (pods.body as { readonly items: readonly unknown[] }).items.length);
      const says =
        own.error === null ? { readyToUse: true } : { readyToUse: false, error: { message: own.error } };
      await plane.request(
        'PATCH',
        `${path}/${metadata.name}/status`,
        { status: says },
        'application/merge-patch+json',
      );
    }
  }
  return own;
}
