import { digestOf, type Json } from '@watchbill/kit';
import { keysOf } from '../graph/key-set.ts';
import { bodyJson, type Graph, type Resource } from '../graph/resource.ts';
import type { LiveResource, PlaceRead, Proposal } from '../live/port.ts';
import { asLive } from '../signers/keys-seen.ts';

/** How a resource would live, with something of it changed. */
export function liveOf(
  resource: Resource,
  network: string,
  change: Partial<LiveResource> = {},
): LiveResource {
  const { id, place, kind, name, subject, lifecycle } = resource;
  const body = bodyJson(resource);
  return { id, place, kind, name, network, subject, lifecycle, body, fingerprint: `seen ${id}`, ...change };
}

export interface ReadChanges {
  readonly live?: Readonly<Record<string, Partial<LiveResource> | null>>;
  readonly proposals?: Readonly<Record<string, Proposal>>;
}

/**
 * Reads of all places on which one graph is live, and another one is wanted; the places accept every resource
 * unchanged.
 */
export function readsOf(
  living: Graph | null,
  wanted: Graph,
  changes: ReadChanges = {},
): readonly PlaceRead[] {
  const names = new Set([...(living?.places ?? []), ...wanted.places].map(({ name }) => name));
  return [...names].map((place): PlaceRead => {
    const live = new Map<string, LiveResource>();
    for (const resource of living?.resources ?? []) {
      const change = changes.live?.[resource.id];
      if (resource.place !== place || change === null) continue;
      live.set(resource.id, liveOf(resource, living?.network ?? '', change ?? {}));
    }
    const proposals = new Map<string, Proposal>();
    for (const resource of wanted.resources)
      if (resource.place === place)
        proposals.set(
          resource.id,
          changes.proposals?.[resource.id] ?? { ok: true, body: bodyJson(resource) },
        );
    for (const store of storesOf([...(living?.resources ?? []), ...wanted.resources], place))
      live.set(store.id, store);
    return { ok: true, state: { place, live, proposals, missing: [] } };
  });
}

/** The public keys of all signers: each set of keys has one, made from its name. */
export function storesOf(resources: readonly Resource[], place: string): readonly LiveResource[] {
  return resources.flatMap(({ id, place: own, subject: { keySet } }) => {
    if (own !== place || keySet === null || keySet.startsWith('born.')) return [];
    const keys = { babe: `0x${digestOf(keysOf(keySet))}` };
    const users = [{ id, use: keySet }];
    return [asLive({ place, at: `keys of ${id} as ${keySet}`, secret: null, keys, isComplete: true, users })];
  });
}

/** A copy of data with the value at a path replaced; undefined removes it. */
export function withAt(value: Json, path: readonly (string | number)[], replacement: Json | undefined): Json {
  const [name, ...rest] = path;
  if (name === undefined) return replacement ?? null;
  const copy = structuredClone(value) as Record<string, Json>;
  if (rest.length === 0 && replacement === undefined) delete copy[name];
  else copy[name] = withAt(copy[name] ?? {}, rest, replacement);
  return copy as Json;
}
