import type { JsonRecord } from '@watchbill/kit';
import {
  haveNamedKeys,
  type KeyUse,
  type KubernetesResource,
  keysOf,
  MARKS,
  secretsIn,
  templateOf,
  templateProcesses,
  unknownUse,
  wordsSign,
} from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { liveResource } from './live-object.ts';
import type { Listed } from './objects.ts';
import { at } from './ownership.ts';
import type { ReadSettings } from './read-settings.ts';
import type { Failure } from './refusal.ts';
import { seedSecretOf } from './seeds.ts';

/** Kinds that start processes, and the one that is a process. The pods of other kinds are seen as pods. */
const STARTERS: ReadonlyMap<string, string> = new Map([
  ['StatefulSet', 'apps/v1'],
  ['Deployment', 'apps/v1'],
  ['Job', 'batch/v1'],
  ['CronJob', 'batch/v1'],
  ['Pod', 'v1'],
]);

/**
 * Everything in the cluster that can hold the named keys of these resources: signers of any network in any
 * namespace, pods and workloads that reach a Secret with the seeds, and nodes that sign. Objects of `own` are
 * left out. If only the namespaces of the network may be listed, the rest of the cluster is one holder with
 * unknown keys.
 */
export async function keyHoldersElsewhere(
  settings: Pick<ReadSettings, 'objects' | 'place' | 'isKeyed'>,
  asked: {
    readonly network: string;
    readonly resources: readonly KubernetesResource[];
    readonly namespaces: readonly string[];
    readonly own: ReadonlyMap<string, LiveResource>;
  },
  signal: AbortSignal,
): Promise<{ readonly holders: readonly LiveResource[] } | { readonly failure: Failure }> {
  const { network, resources, namespaces, own } = asked;
  // Keys that are born in a node exist in no other node.
  if (settings.isKeyed !== true && !haveNamedKeys(resources)) return { holders: [] };
  const everywhere = await listAll(settings, [null], signal);
  const isForbidden = !everywhere.ok && everywhere.failure.reason === 'forbidden';
  const listed = isForbidden ? await listAll(settings, namespaces, signal) : everywhere;
  if (!listed.ok) return { failure: listed.failure };
  const seeds = seedSecretsOf(resources);
  const seen = listed.items.flatMap((object): readonly LiveResource[] => {
    const one = liveResource(settings.place, object);
    const keySet = own.has(one.id) || isOver(object) ? null : useOf(object, one, seeds);
    if (keySet === null) return [];
    return [{ ...one, network: null, owner: ownerOf(object, network), subject: { ...one.subject, keySet } }];
  });
  const rest = everywhere.ok || !isForbidden ? [] : [unseen(settings.place.name, everywhere.failure)];
  return { holders: [...seen, ...rest] };
}

/** By `NAMESPACE/NAME` of each Secret with seeds: the use of its keys by a process that asks no service. */
function seedSecretsOf(resources: readonly KubernetesResource[]): ReadonlyMap<string, KeyUse> {
  return new Map(
    resources.flatMap(({ body, subject: { keySet } }) => {
      const secret = seedSecretOf(body);
      return keySet === null || secret === null ? [] : [[secret, keysOf(keySet)] as const];
    }),
  );
}

function useOf(
  object: JsonRecord,
  { kind, id, subject }: LiveResource,
  seeds: ReadonlyMap<string, KeyUse>,
): KeyUse | null {
  const template = templateOf(kind, object);
  const marks = [object, template ?? {}].map((one) => at(one, ['metadata', 'annotations', MARKS.keySet]));
  const marked = marks.find((mark) => typeof mark === 'string');
  const isMarked = at(object, ['metadata', 'labels', MARKS.network]) !== undefined;
  if (isMarked && typeof marked === 'string') return marked;
  const namespace = at(object, ['metadata', 'namespace']);
  const reached = secretsIn(template ?? {}).map((name) => seeds.get(`${namespace}/${name}`));
  const signs = template !== null && templateProcesses(template).some(({ words }) => wordsSign(words));
  return (
    reached.find((use) => use !== undefined) ?? (signs || subject.keySet !== null ? unknownUse(id) : null)
  );
}

/** A pod that ended does not start again. */
function isOver(object: JsonRecord): boolean {
  const phase = at(object, ['status', 'phase']);
  return phase === 'Succeeded' || phase === 'Failed';
}

function ownerOf(object: JsonRecord, network: string): string {
  const label = at(object, ['metadata', 'labels', MARKS.network]);
  if (typeof label !== 'string') return 'no network of watchbill';
  return label === network
    ? `the network ${network} in a namespace of no place of it`
    : `the network ${label}`;
}

function unseen(place: string, { detail }: Failure): LiveResource {
  const id = `${place}/unseen/pods`;
  return {
    ...{ id, place, kind: 'unseen', name: 'pods', network: null, lifecycle: 'create-once' },
    ...{
      body: null,
      fingerprint: '',
      owner: `other namespaces, which this account may not list (${detail}),`,
    },
    subject: { pool: null, node: null, role: null, keySet: unknownUse(id) },
  };
}

async function listAll(
  { objects }: Pick<ReadSettings, 'objects'>,
  namespaces: readonly (string | null)[],
  signal: AbortSignal,
): Promise<Listed> {
  const lists = await Promise.all(
    namespaces.flatMap((namespace) =>
      [...STARTERS].map(([kind, version]) => objects.list(version, kind, { namespace }, signal)),
    ),
  );
  // A namespace that does not exist yet has no objects.
  const failed = lists.find((listed) => !listed.ok && listed.failure.reason !== 'not-found');
  return failed ?? { ok: true, items: lists.flatMap((listed) => (listed.ok ? listed.items : [])) };
}
