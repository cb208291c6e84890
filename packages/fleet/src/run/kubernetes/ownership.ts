import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { FIELD_MANAGER, MARKS } from '../../file/graph/index.ts';

/** Entries of `metadata.managedFields`: who set which fields, and how. */
export interface Manager {
  readonly name: string;
  readonly operation: string;
  readonly subresource: string;
  readonly fields: JsonRecord;
}

export function managersOf(object: JsonRecord): readonly Manager[] {
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  return (isList(metadata.managedFields) ? metadata.managedFields : []).filter(isRecord).map((entry) => ({
    name: String(entry.manager ?? ''),
    operation: String(entry.operation ?? ''),
    subresource: String(entry.subresource ?? ''),
    fields: isRecord(entry.fieldsV1) ? entry.fieldsV1 : {},
  }));
}

/** Whether this is the entry of our applies. */
export function isOurs({ name, operation }: Manager): boolean {
  return name === FIELD_MANAGER && operation === 'Apply';
}

/**
 * The network that made the object: its owner label, if we set that label ourselves. A label that a person
 * added, or copied with a manifest, does not count.
 */
export function networkOf(object: JsonRecord): string | null {
  const value = at(object, ['metadata', 'labels', MARKS.network]);
  if (typeof value !== 'string') return null;
  const label = ['f:metadata', 'f:labels', `f:${MARKS.network}`];
  const made = managersOf(object).some(
    (manager) => isOurs(manager) && at(manager.fields, label) !== undefined,
  );
  return made ? value : null;
}

/** Whether we set the number of replicas. Otherwise an autoscaler or a person does. */
export function setsReplicas(object: JsonRecord): boolean {
  return managersOf(object).some(
    (manager) => isOurs(manager) && at(manager.fields, ['f:spec', 'f:replicas']) !== undefined,
  );
}

/** The value at a path of names; undefined if a part is missing. */
export function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current = value;
  for (const name of path) current = isRecord(current) ? current[name] : undefined;
  return current;
}
