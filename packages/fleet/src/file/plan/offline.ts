import type { Graph } from '../graph/resource.ts';
import { bodyJson } from '../graph/resource.ts';
import type { PlaceRead } from '../live/port.ts';
import type { KeyClaims } from '../signers/index.ts';
import type { Plan } from './change.ts';
import { planChanges } from './plan.ts';

/** The id of every plan that asked no place. `apply` knows no plan of this id. */
export const OFFLINE_ID = 'offline';

/**
 * All that a network would make in empty places, as a plan that asks no place. It does not know live
 * objects, Secrets or other networks, so it is for reading only: it is never saved, and has no id that
 * `apply` takes.
 */
export function planOffline(graph: Graph, claims?: KeyClaims): Plan {
  const reads = graph.places.map(({ name }): PlaceRead => {
    const own = graph.resources.filter(({ place }) => place === name);
    const proposals = new Map(own.map((one) => [one.id, { ok: true, body: bodyJson(one) } as const]));
    return { ok: true, state: { place: name, live: new Map(), proposals, missing: [] } };
  });
  return { ...planChanges(graph, reads, [], claims), id: OFFLINE_ID };
}
