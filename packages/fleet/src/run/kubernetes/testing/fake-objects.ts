import { isRecord, type JsonRecord } from '@watchbill/kit';
import { FIELD_MANAGER, MARKS } from '../../../file/graph/index.ts';
import type { ObjectRef, Objects } from '../objects.ts';
import { at } from '../ownership.ts';

/** Objects of a server that stores each as it is given. */
export interface FakeObjects {
  readonly objects: Objects;
  /** `METHOD KIND NAMESPACE/NAME`, as they were asked. */
  readonly asked: readonly string[];
}

/**
 * Objects that the credentials may not read, and objects without an answer: `KIND NAMESPACE/NAME`, for lists
 * `KIND NAMESPACE/`.
 */
export interface FakeRefusals {
  readonly forbidden?: readonly string[];
  readonly lost?: readonly string[];
}

export function fakeObjects(
  stored: readonly JsonRecord[],
  { forbidden = [], lost = [] }: FakeRefusals = {},
): FakeObjects {
  const asked: string[] = [];
  const nameOf = (object: JsonRecord) =>
    `${object.kind} ${String(at(object, ['metadata', 'namespace']) ?? '')}/${String(at(object, ['metadata', 'name']))}`;
  const refused = (what: string) => {
    const reason = forbidden.includes(what) ? 'forbidden' : lost.includes(what) ? 'unreachable' : null;
    return reason === null ? null : ({ ok: false, failure: { reason, detail: what } } as const);
  };
  const get = async ({ kind, namespace, name }: ObjectRef) => {
    const what = `${kind} ${namespace ?? ''}/${name}`;
    asked.push(`get ${what}`);
    const refusal = refused(what);
    if (refusal !== null) return refusal;
    const object = stored.find((one) => nameOf(one) === what);
    return object === undefined
      ? ({ ok: false, failure: { reason: 'not-found', detail: what } } as const)
      : ({ ok: true, object } as const);
  };
  const objects: Objects = {
    get,
    list: async (_version, kind, { namespace, labelSelector }) => {
      const what = `${kind} ${namespace ?? ''}/`;
      asked.push(`list ${what}`);
      const refusal = refused(what);
      if (refusal !== null) return refusal;
      const items = stored
        .filter((one) => (namespace === null ? one.kind === kind : nameOf(one).startsWith(what)))
        .filter((one) => (labelSelector?.split(',') ?? []).every((term) => fits(one, term)));
      return { ok: true, items };
    },
    patch: async (object) => ({ ok: true, object }),
    replace: async (object) => ({ ok: true, object }),
    remove: async () => {
      throw new Error('a read removes nothing');
    },
  };
  return { objects, asked };
}

/** `LABEL`, `LABEL=VALUE` or `LABEL!=VALUE`. */
export function fits(object: JsonRecord, term: string): boolean {
  const [, label = '', sign, value] = /^([^!=]+)(=|!=)?(.*)$/.exec(term) ?? [];
  const found = at(object, ['metadata', 'labels', label]);
  if (sign === undefined) return found !== undefined;
  return (found === value) === (sign === '=');
}

/** The live object after this tool applied it. */
export function applied(object: JsonRecord): JsonRecord {
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  const fieldsV1 = { 'f:metadata': { 'f:labels': { [`f:${MARKS.network}`]: {} } } };
  return {
    ...object,
    metadata: {
      ...metadata,
      uid: 'a',
      managedFields: [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1 }],
    },
  };
}

/** A Secret, with values as texts. */
export function secret(
  namespace: string,
  name: string,
  values: Readonly<Record<string, string>>,
): JsonRecord {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, data: Object.fromEntries(data) };
}
