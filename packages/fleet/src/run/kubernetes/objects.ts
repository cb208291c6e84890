import { isList, isRecord, type JsonRecord } from '@watchbill/kit';
import { FIELD_MANAGER } from '../../file/graph/index.ts';
import type { Client, Reply } from './client.ts';
import { type Discovery, objectPath } from './discovery.ts';
import { at } from './ownership.ts';
import { type Failure, failureOf } from './refusal.ts';

/** One object by its kind and name. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

export type Got =
  | { readonly ok: true; readonly object: JsonRecord }
  | { readonly ok: false; readonly failure: Failure };

export type Listed =
  | { readonly ok: true; readonly items: readonly JsonRecord[] }
  | { readonly ok: false; readonly failure: Failure };

export interface ListQuery {
  /** Null: all namespaces, or a kind that has none. */
  readonly namespace: string | null;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface PatchOptions {
  readonly dryRun: boolean;
  /** Take fields over that other managers set. */
  readonly takeOver: boolean;
}

/**
 * The requests to a server that other modules use. A kind that the server does not have is `not-found` for a
 * list, `invalid` for a patch.
 */
export interface Objects {
  readonly get: (ref: ObjectRef, signal: AbortSignal) => Promise<Got>;
  readonly list: (apiVersion: string, kind: string, query: ListQuery, signal: AbortSignal) => Promise<Listed>;
  /** Server-side apply. */
  readonly patch: (
    object: JsonRecord,
    ref: ObjectRef,
    options: PatchOptions,
    signal: AbortSignal,
  ) => Promise<Got>;
  /** Creates the object if its metadata have no version; otherwise replaces the one with that version. */
  readonly replace: (object: JsonRecord, ref: ObjectRef, signal: AbortSignal) => Promise<Got>;
  readonly remove: (ref: ObjectRef, options: JsonRecord, signal: AbortSignal) => Promise<Got>;
}

const PAGE_SIZE = 500;
/** Of one list; more than a cluster holds. */
const MOST_PAGES = 200;

export function createObjects(client: Client, discovery: Discovery): Objects {
  async function pathOf(
    { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
    namespace: string | null,
    name: string | null,
    signal: AbortSignal,
  ): Promise<
    { readonly ok: true; readonly path: string } | { readonly ok: false; readonly failure: Failure }
  > {
    const found = await discovery.find(apiVersion, kind, signal);
    if (found.ok) return { ok: true, path: objectPath(apiVersion, found.info, namespace, name) };
    if (!found.unknownKind) return { ok: false, failure: found.failure };
    const detail = `the cluster has no kind ${kind} of ${apiVersion}; install what brings it`;
    return { ok: false, failure: { reason: 'not-found', detail } };
  }

  return {
    get: async (ref, signal) => {
      const to = await pathOf(ref, ref.namespace, ref.name, signal);
      return to.ok ? got(await client.ask({ method: 'GET', path: to.path }, signal)) : to;
    },
    list: async (apiVersion, kind, query, signal) => {
      const to = await pathOf({ apiVersion, kind }, query.namespace, null, signal);
      return to.ok ? pages(client, to.path, { apiVersion, kind }, query, signal) : to;
    },
    patch: async (object, ref, options, signal) => {
      const to = await pathOf(ref, ref.namespace, ref.name, signal);
      if (!to.ok) return to.failure.reason === 'not-found' ? noSuchKind(to.failure) : to;
      const request = {
        method: 'PATCH',
        path: `${to.path}?${patchQuery(options)}`,
        body: JSON.stringify(object),
        contentType: 'application/apply-patch+yaml',
      } as const;
      return got(await (options.dryRun ? client.ask(request, signal) : client.tell(request, signal)));
    },
    replace: async (object, ref, signal) => {
      const isNew = at(object, ['metadata', 'resourceVersion']) === undefined;
      const to = await pathOf(ref, ref.namespace, isNew ? null : ref.name, signal);
      if (!to.ok) return to.failure.reason === 'not-found' ? noSuchKind(to.failure) : to;
      const method = isNew ? 'POST' : 'PUT';
      return got(await client.tell({ method, path: to.path, body: JSON.stringify(object) }, signal));
    },
    remove: async (ref, options, signal) => {
      const to = await pathOf(ref, ref.namespace, ref.name, signal);
      if (!to.ok) return to;
      const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', ...options });
      return got(await client.tell({ method: 'DELETE', path: to.path, body }, signal));
    },
  };
}

function patchQuery({ dryRun, takeOver }: PatchOptions): string {
  const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' });
  query.set('force', String(takeOver));
  if (dryRun) query.set('dryRun', 'All');
  return query.toString();
}

function noSuchKind(failure: Failure): Got {
  return { ok: false, failure: { reason: 'invalid', detail: failure.detail } };
}

function got(reply: Reply): Got {
  const well = reply.kind === 'answer' && reply.status >= 200 && reply.status < 300;
  return well ? { ok: true, object: reply.body } : { ok: false, failure: failureOf(reply) };
}

async function pages(
  client: Client,
  path: string,
  type: { readonly apiVersion: string; readonly kind: string },
  { labelSelector, fieldSelector }: ListQuery,
  signal: AbortSignal,
): Promise<Listed> {
  const items: JsonRecord[] = [];
  let next = '';
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
    if (labelSelector !== undefined) query.set('labelSelector', labelSelector);
    if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
    if (next !== '') query.set('continue', next);
    const one = got(await client.ask({ method: 'GET', path: `${path}?${query}` }, signal));
    if (!one.ok) return one;
    // Items of a list lack their kind.
    for (const item of isList(one.object.items) ? one.object.items : [])
      if (isRecord(item)) items.push({ ...item, ...type });
    next = continueOf(one.object);
    if (next === '') return { ok: true, items };
  }
  return { ok: false, failure: { reason: 'unknown', detail: `${path}: the list does not end` } };
}

function continueOf(list: JsonRecord): string {
  const token = isRecord(list.metadata) ? list.metadata.continue : undefined;
  return typeof token === 'string' ? token : '';
}
