import { isList, isRecord, type Json } from '@watchbill/kit';
import type { Client } from './client.ts';
import { type Failure, failureOf } from './refusal.ts';

/** How the server calls a kind. */
export interface KindInfo {
  /** As in addresses: `statefulsets`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

export type Found =
  | { readonly ok: true; readonly info: KindInfo }
  /** The server answers, and has no such kind. */
  | { readonly ok: false; readonly unknownKind: true }
  | { readonly ok: false; readonly unknownKind: false; readonly failure: Failure };

/** Asks the server once for each group and version; a kind that it did not have is asked for again. */
export interface Discovery {
  readonly find: (apiVersion: string, kind: string, signal: AbortSignal) => Promise<Found>;
}

type Group =
  | { readonly ok: true; readonly kinds: ReadonlyMap<string, KindInfo> }
  | { readonly ok: false; readonly failure: Failure };

export function createDiscovery(client: Client): Discovery {
  const groups = new Map<string, Promise<Group>>();

  async function read(apiVersion: string, signal: AbortSignal): Promise<Group> {
    const reply = await client.ask({ method: 'GET', path: groupPath(apiVersion) }, signal);
    if (reply.kind === 'answer' && reply.status === 404) return { ok: true, kinds: new Map() };
    if (reply.kind !== 'answer' || reply.status !== 200) return { ok: false, failure: failureOf(reply) };
    return { ok: true, kinds: kindsOf(reply.body.resources) };
  }

  async function find(apiVersion: string, kind: string, signal: AbortSignal): Promise<Found> {
    const asked = groups.get(apiVersion) ?? read(apiVersion, signal);
    groups.set(apiVersion, asked);
    const group = await asked;
    if (!group.ok) {
      groups.delete(apiVersion);
      return { ok: false, unknownKind: false, failure: group.failure };
    }
    const info = group.kinds.get(kind);
    if (info !== undefined) return { ok: true, info };
    groups.delete(apiVersion);
    return { ok: false, unknownKind: true };
  }
  return { find };
}

/** `/api/v1` for the core group, `/apis/GROUP/VERSION` for the others. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function kindsOf(resources: Json | undefined): ReadonlyMap<string, KindInfo> {
  const kinds = new Map<string, KindInfo>();
  for (const entry of isList(resources) ? resources : []) {
    if (!isRecord(entry) || typeof entry.name !== 'string' || typeof entry.kind !== 'string') continue;
    // `statefulsets/scale` and the like are parts of a kind.
    if (entry.name.includes('/')) continue;
    kinds.set(entry.kind, { plural: entry.name, namespaced: entry.namespaced === true });
  }
  return kinds;
}

/** Address of one object, or, if `name` is null, of all objects of its kind in the namespace. */
export function objectPath(
  apiVersion: string,
  info: KindInfo,
  namespace: string | null,
  name: string | null,
): string {
  const inNamespace =
    info.namespaced && namespace !== null ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const tail = name === null ? '' : `/${encodeURIComponent(name)}`;
  return `${groupPath(apiVersion)}${inNamespace}/${info.plural}${tail}`;
}
