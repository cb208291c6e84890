import { digestOf, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { MARKS, type Place, ROLES, type Role, type Subject } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { at, networkOf, setsReplicas } from './ownership.ts';
import { keyUseOfPod } from './pod-keys.ts';

/** Fields that the server maintains, and that files never declare. */
const SERVER_METADATA = new Set([
  'managedFields',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
]);

/**
 * The object without status and what only the server keeps. The values of a Secret are replaced by digests.
 */
export function bodyOf(object: JsonRecord): JsonRecord {
  const { status: _status, ...rest } = object;
  const metadata = isRecord(rest.metadata) ? rest.metadata : {};
  const kept = Object.entries(metadata).filter(([name]) => !SERVER_METADATA.has(name));
  const body = { ...rest, metadata: Object.fromEntries(kept) };
  return object.kind === 'Secret' ? withoutValues(body) : body;
}

function withoutValues(secret: JsonRecord): JsonRecord {
  const hidden = Object.entries(secret).map(([name, value]): [string, Json] =>
    (name === 'data' || name === 'stringData') && isRecord(value) ? [name, digests(value)] : [name, value],
  );
  return Object.fromEntries(hidden);
}

function digests(values: JsonRecord): JsonRecord {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, `sha256:${digestOf(value)}`]),
  );
}

/**
 * Of the identity and meaning of an object: another one of the same name differs, and so does one whose
 * fields were changed; a status that moves on does not, nor a number of replicas that we leave to an
 * autoscaler.
 */
export function fingerprintOf(object: JsonRecord): string {
  const body = bodyOf(object);
  const spec = body.spec;
  const compared =
    isRecord(spec) && !setsReplicas(object)
      ? { ...body, spec: Object.fromEntries(Object.entries(spec).filter(([name]) => name !== 'replicas')) }
      : body;
  return digestOf({ uid: at(object, ['metadata', 'uid']) ?? null, body: compared });
}

/** The id that a graph gives to an object at this place. */
export function idOf(place: Place, object: JsonRecord): string {
  const namespace = at(object, ['metadata', 'namespace']);
  const name = at(object, ['metadata', 'name']);
  return `${place.name}/${object.kind}/${typeof namespace === 'string' ? namespace : '-'}/${name}`;
}

export function liveResource(place: Place, object: JsonRecord): LiveResource {
  const annotations = at(object, ['metadata', 'annotations']);
  const uid = at(object, ['metadata', 'uid']);
  const madeAt = object.kind === 'Pod' ? at(object, ['metadata', 'creationTimestamp']) : null;
  return {
    ...(typeof madeAt === 'string' ? { madeAt } : {}),
    ...(typeof uid === 'string' ? { uid } : {}),
    id: idOf(place, object),
    place: place.name,
    kind: String(object.kind),
    name: String(at(object, ['metadata', 'name'])),
    network: networkOf(object),
    subject: subjectOf(object),
    lifecycle: at(annotations, [MARKS.lifecycle]) === 'create-once' ? 'create-once' : 'reconcile',
    body: bodyOf(object),
    fingerprint: fingerprintOf(object),
  };
}

function subjectOf(object: JsonRecord): Subject {
  const labels = at(object, ['metadata', 'labels']);
  const text = (holder: Json | undefined, name: string): string | null => {
    const value = at(holder, [name]);
    return typeof value === 'string' ? value : null;
  };
  return {
    pool: text(labels, MARKS.pool),
    node: text(labels, MARKS.node),
    role: roleOf(text(labels, MARKS.role)),
    keySet:
      object.kind === 'Pod'
        ? keyUseOfPod(object)
        : (text(at(object, ['metadata', 'annotations']), MARKS.keySet) ?? text(labels, MARKS.keySet)),
  };
}

function roleOf(text: string | null): Role | null {
  return ROLES.find((role) => role === text) ?? null;
}
