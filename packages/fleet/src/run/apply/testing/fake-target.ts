import { digestOf, isRecord, type Json } from '@watchbill/kit';
import type { KubernetesResource, Resource } from '../../../file/graph/index.ts';
import type { Done, Health, LiveResource, PlaceRead } from '../../../file/live/index.ts';
import type { IdentifiedTarget } from '../identity.ts';
import { type FakeRecords, fakeRecords } from './fake-records.ts';

/**
 * A place in memory. It refuses a change if the object differs from the one in the plan, and lists all calls.
 */
export interface FakeTarget extends IdentifiedTarget {
  readonly objects: Map<string, KubernetesResource>;
  readonly calls: string[];
  /**
   * Called before and after each change. It throws to end the run there, or returns the answer for the
   * caller.
   */
  readonly hook: { before: (call: string) => void; after: (call: string, done: Done) => Done };
  readonly records: FakeRecords;
  /** By resource id; the default is healthy. */
  readonly healths: Map<string, Health>;
}

export function fakeTarget(name = 'ams', identity = 'uid-1'): FakeTarget {
  const objects = new Map<string, KubernetesResource>();
  const calls: string[] = [];
  const healths = new Map<string, Health>();
  const records = fakeRecords();
  const hook: FakeTarget['hook'] = { before: () => undefined, after: (_call, done) => done };

  function act(call: string, id: string, basedOn: string | null, change: () => void): Done {
    hook.before(call);
    const current = objects.get(id);
    const found = current === undefined ? null : fingerprint(current);
    if (found !== basedOn) return hook.after(call, { outcome: 'changed', detail: `${id} is another` });
    calls.push(call);
    change();
    const now = objects.get(id);
    return hook.after(call, { outcome: 'done', fingerprint: now === undefined ? null : fingerprint(now) });
  }

  return {
    place: { target: 'kubernetes', name, context: null, namespace: 'nodes' },
    objects,
    calls,
    hook,
    healths,
    records,
    identity: async () => ({ ok: true, identity }),
    shared: () => records,
    read: async (network, resources): Promise<PlaceRead> => {
      const live = [...objects].map(([id, resource]) => [id, liveOf(id, resource, network)] as const);
      const proposals = resources.map(
        ({ id, body }) => [id, { ok: true, body: body as unknown as Json }] as const,
      );
      const state = { place: name, live: new Map(live), proposals: new Map(proposals), missing: [] };
      return { ok: true, state };
    },
    apply: async (resource: Resource, basedOn) => {
      if (resource.target !== 'kubernetes') throw new TypeError('not for a cluster');
      return act(`apply ${resource.id}${partitionText(resource)}`, resource.id, basedOn, () =>
        objects.set(resource.id, resource),
      );
    },
    remove: async (id, basedOn) =>
      objects.has(id)
        ? act(`remove ${id}`, id, basedOn, () => objects.delete(id))
        : { outcome: 'done', fingerprint: null },
    applied: async (id) => objects.get(id)?.body ?? null,
    health: async (id) => {
      const said = healths.get(id);
      if (said !== undefined) return said;
      return { state: objects.has(id) ? 'healthy' : 'gone' };
    },
  };
}

export function fingerprint({ body }: KubernetesResource): string {
  return digestOf(body);
}

function liveOf(id: string, resource: KubernetesResource, network: string): LiveResource {
  const { place, kind, name, subject, lifecycle, body } = resource;
  return { id, place, kind, name, network, subject, lifecycle, body, fingerprint: fingerprint(resource) };
}

function partitionText({ body }: KubernetesResource): string {
  const strategy = isRecord(body.spec) ? body.spec.updateStrategy : undefined;
  const rolling = isRecord(strategy) ? strategy.rollingUpdate : undefined;
  return isRecord(rolling) && rolling.partition !== undefined
    ? ` partition ${String(rolling.partition)}`
    : '';
}
