import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { Client, Reply } from '../../kubernetes/client.ts';
import { groupPath } from '../../kubernetes/discovery.ts';
import type { Got } from '../../kubernetes/objects.ts';
import { failureOf } from '../../kubernetes/refusal.ts';

/**
 * Kinds whose objects are written one by one, without server-side apply, with their plural names at the
 * server.
 */
export const PLURALS = {
  PersistentVolume: { apiVersion: 'v1', plural: 'persistentvolumes' },
  PersistentVolumeClaim: { apiVersion: 'v1', plural: 'persistentvolumeclaims' },
  Pod: { apiVersion: 'v1', plural: 'pods' },
  VolumeSnapshot: { apiVersion: 'snapshot.storage.k8s.io/v1', plural: 'volumesnapshots' },
} as const;
export type WrittenKind = keyof typeof PLURALS;

/**
 * Not the manager of plans: a plan would remove a field that this manager set here and that the file does not
 * declare.
 */
const MANAGER = 'watchbill-backup';

/** One change of a JSON patch (RFC 6902). */
export interface Change {
  readonly op: 'test' | 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: Json;
}

export interface Writes {
  /** The body has apiVersion and kind of {@link PLURALS}, and a name. */
  readonly create: (
    kind: WrittenKind,
    namespace: string,
    body: JsonRecord,
    dryRun: boolean,
    signal: AbortSignal,
  ) => Promise<Got>;
  /** Makes all of the changes or none. A failed test refuses all of them. */
  readonly change: (
    kind: WrittenKind,
    namespace: string | null,
    name: string,
    changes: readonly Change[],
    signal: AbortSignal,
  ) => Promise<Got>;
}

export function createWrites(client: Client): Writes {
  const pathOf = (kind: WrittenKind, namespace: string | null, name: string): string => {
    const { apiVersion, plural } = PLURALS[kind];
    const scope = namespace === null ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    return `${groupPath(apiVersion)}${scope}/${plural}${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
  };
  return {
    create: async (kind, namespace, body, dryRun, signal) => {
      const query = `?fieldManager=${MANAGER}&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
      const { apiVersion } = PLURALS[kind];
      const request = {
        method: 'POST',
        path: `${pathOf(kind, namespace, '')}${query}`,
        body: JSON.stringify({ apiVersion, kind, ...body }),
      } as const;
      return got(await (dryRun ? client.ask(request, signal) : client.tell(request, signal)));
    },
    change: async (kind, namespace, name, changes, signal) =>
      got(
        await client.tell(
          {
            method: 'PATCH',
            path: `${pathOf(kind, namespace, name)}?fieldManager=${MANAGER}`,
            body: JSON.stringify(changes),
            contentType: 'application/json-patch+json',
          },
          signal,
        ),
      ),
  };
}

function got(reply: Reply): Got {
  const well = reply.kind === 'answer' && reply.status >= 200 && reply.status < 300;
  return well ? { ok: true, object: reply.body } : { ok: false, failure: failureOf(reply) };
}

/** Texts by name, such as labels; other values are left out. */
export function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries(isRecord(value) ? value : {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
