import type { Done, Health, LiveResource, Place, Resource } from '@watchbill/fleet/file';
import type { IdentifiedTarget } from '@watchbill/fleet/run/apply';
import { fakeRecords } from '@watchbill/fleet/run/testing';
import { digestOf, type Json } from '@watchbill/kit';

/**
 * A cluster in memory. It refuses a change that is based on another state than it has, as a real one does.
 */
export interface MemoryCluster {
  readonly target: (place: Place) => IdentifiedTarget;
  /** By id. */
  readonly live: Map<string, LiveResource>;
  /** By id, for a resource that does not become healthy. */
  readonly sick: Map<string, Health>;
}

/** One that has everything that `expects` names, for example secrets and the namespace. */
export function memoryCluster(network: string): MemoryCluster {
  const live = new Map<string, LiveResource>();
  const sick = new Map<string, Health>();
  const records = fakeRecords();

  function change(id: string, basedOn: string | null, act: () => void): Done {
    const now = live.get(id)?.fingerprint ?? null;
    if (now !== basedOn) return { outcome: 'changed', detail: `${id} is another` };
    act();
    return { outcome: 'done', fingerprint: live.get(id)?.fingerprint ?? null };
  }

  function liveOf(resource: Resource): LiveResource {
    const { id, place, kind, name, subject, lifecycle } = resource;
    const body = resource.body as unknown as Json;
    return { id, place, kind, name, network, subject, lifecycle, body, fingerprint: digestOf(body) };
  }

  const target = (place: Place): IdentifiedTarget => ({
    place,
    identity: async () => ({ ok: true, identity: 'uid-1' }),
    shared: () => records,
    read: async (_network, resources) => ({
      ok: true,
      state: {
        place: place.name,
        live: new Map(live),
        proposals: new Map(
          resources.map(({ id, body }) => [id, { ok: true, body: body as unknown as Json }] as const),
        ),
        missing: [],
      },
    }),
    apply: async (resource, basedOn) =>
      change(resource.id, basedOn, () => void live.set(resource.id, liveOf(resource))),
    remove: async (id, basedOn) => change(id, basedOn, () => void live.delete(id)),
    health: async (id) => sick.get(id) ?? { state: live.has(id) ? 'healthy' : 'gone' },
  });
  return { target, live, sick };
}
