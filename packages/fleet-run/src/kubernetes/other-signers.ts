import { isBornUse, type KubernetesResource, MARKS } from '@watchbill/fleet/graph';
import type { LiveResource } from '@watchbill/fleet/live';
import { liveResource } from './live-object.ts';
import type { Listed } from './objects.ts';
import { at } from './ownership.ts';
import type { ReadSettings } from './read-settings.ts';
import type { Failure } from './refusal.ts';

/** Kinds that start signers, and the kind that signs. */
const SIGNERS: ReadonlyMap<string, string> = new Map([
  ['StatefulSet', 'apps/v1'],
  ['Pod', 'v1'],
]);

/**
 * Signers of other networks in the cluster, or in this network's namespaces if only those may be listed.
 * Another file may name the same keys, and its signer does not have the label of this network. Any object
 * with the label counts, because another tool may have applied it.
 */
export async function signersOfOthers(
  settings: Pick<ReadSettings, 'objects' | 'place'>,
  network: string,
  resources: readonly KubernetesResource[],
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<
  | { readonly signers: readonly LiveResource[]; readonly notes: readonly string[] }
  | { readonly failure: Failure }
> {
  // Keys that are born in a node exist in no other node.
  const isNamed = resources.some(({ subject }) => subject.keySet !== null && !isBornUse(subject.keySet));
  if (!isNamed) return { signers: [], notes: [] };
  const everywhere = await listOthers(settings, network, [null], signal);
  const isForbidden = !everywhere.ok && everywhere.failure.reason === 'forbidden';
  const listed = isForbidden ? await listOthers(settings, network, namespaces, signal) : everywhere;
  if (!listed.ok) return { failure: listed.failure };
  const all = listed.items.flatMap((object): readonly LiveResource[] => {
    const label = at(object, ['metadata', 'labels', MARKS.network]);
    const one = liveResource(settings.place, object);
    return one.subject.keySet === null || typeof label !== 'string' ? [] : [{ ...one, network: label }];
  });
  return { signers: all, notes: isForbidden ? [unseenNote(settings.place.name, everywhere)] : [] };
}

function unseenNote(place: string, listed: Listed): string {
  const detail = listed.ok ? '' : listed.failure.detail;
  return `signers of other networks in other namespaces of ${place} are not seen: ${detail}`;
}

async function listOthers(
  { objects }: Pick<ReadSettings, 'objects'>,
  network: string,
  namespaces: readonly (string | null)[],
  signal: AbortSignal,
): Promise<Listed> {
  const labelSelector = `${MARKS.network},${MARKS.network}!=${network}`;
  const lists = await Promise.all(
    namespaces.flatMap((namespace) =>
      [...SIGNERS].map(([kind, version]) =>
        objects.list(version, kind, { namespace, labelSelector }, signal),
      ),
    ),
  );
  // A namespace that does not exist yet has no objects.
  const failed = lists.find((listed) => !listed.ok && listed.failure.reason !== 'not-found');
  return failed ?? { ok: true, items: lists.flatMap((listed) => (listed.ok ? listed.items : [])) };
}
