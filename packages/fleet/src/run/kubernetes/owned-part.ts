import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { KubernetesObject } from '../../file/graph/index.ts';
import { at, isOurs, managersOf } from './ownership.ts';

/**
 * Our last applied fields according to the server: of the live object, without defaults and without fields of
 * other managers. Null if no field is ours.
 */
export function ownedPart(object: JsonRecord): KubernetesObject | null {
  const ours = managersOf(object).find((manager) => isOurs(manager) && manager.subresource === '');
  if (ours === undefined) return null;
  const part = pick(object, ours.fields);
  const metadata = at(part, ['metadata']);
  const namespace = at(object, ['metadata', 'namespace']);
  return {
    ...(isRecord(part) ? part : {}),
    apiVersion: String(object.apiVersion),
    kind: String(object.kind),
    metadata: {
      ...(isRecord(metadata) ? metadata : {}),
      name: String(at(object, ['metadata', 'name'])),
      ...(typeof namespace === 'string' ? { namespace } : {}),
    },
  };
}

/**
 * The fields of `managedFields` (format FieldsV1): `f:NAME` is a field, `k:{…}` the item of a list with these
 * keys, `v:VALUE` an item of a set, `.` the object itself; an empty value means all of it.
 */
function pick(value: Json, fields: JsonRecord): Json {
  const names = Object.keys(fields).filter((name) => name !== '.');
  if (names.length === 0) return value;
  if (isList(value))
    return value
      .filter((item) => names.some((name) => isItem(item, name)))
      .map((item) => pickItem(item, fields));
  if (!isRecord(value)) return value;
  const entries = names
    .filter((name) => name.startsWith('f:') && Object.hasOwn(value, name.slice(2)))
    .map((name): [string, Json] => [name.slice(2), pick(value[name.slice(2)] ?? null, below(fields, name))]);
  return Object.fromEntries(entries);
}

function pickItem(item: Json, fields: JsonRecord): Json {
  const name = Object.keys(fields).find((one) => one.startsWith('k:') && isItem(item, one));
  return name === undefined ? item : pick(item, below(fields, name));
}

function below(fields: JsonRecord, name: string): JsonRecord {
  const inner = fields[name];
  return isRecord(inner) ? inner : {};
}

function isItem(item: Json, name: string): boolean {
  if (name.startsWith('v:')) return JSON.stringify(item) === name.slice(2);
  if (!name.startsWith('k:') || !isRecord(item)) return false;
  const keys = JSON.parse(name.slice(2)) as JsonRecord;
  return Object.entries(keys).every(([key, value]) => item[key] === value);
}
