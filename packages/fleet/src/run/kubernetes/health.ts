import { isRecord, type JsonRecord } from '@watchbill/kit';
import { MARKS } from '../../file/graph/index.ts';
import type { Health } from '../../file/live/index.ts';
import type { ObjectRef, Objects } from './objects.ts';
import { at } from './ownership.ts';
import { isPodOf, type PodFacts, podFacts } from './pods.ts';
import type { Failure } from './refusal.ts';
import { workloadHealth } from './workload.ts';

/** Kinds whose pods report their health. */
const WITH_PODS = new Set(['StatefulSet', 'Deployment']);

/** Health of the pods of the object; `gone` if neither it nor a pod of it is left. */
export async function objectHealth(objects: Objects, ref: ObjectRef, signal: AbortSignal): Promise<Health> {
  const got = await objects.get(ref, signal);
  if (!got.ok && got.failure.reason !== 'not-found') return unknown(got.failure);
  if (!got.ok) return goneHealth(objects, ref, signal);
  if (at(got.object, ['metadata', 'deletionTimestamp']) !== undefined)
    return { state: 'waiting', detail: `${ref.kind} ${ref.name} is being removed` };
  if (WITH_PODS.has(ref.kind)) return podsHealth(objects, ref, got.object, signal);
  return simpleHealth(ref, got.object);
}

async function goneHealth(objects: Objects, ref: ObjectRef, signal: AbortSignal): Promise<Health> {
  if (!WITH_PODS.has(ref.kind)) return { state: 'gone' };
  // By the mark of a network and not by a selector, which went with the object.
  const query = { namespace: ref.namespace, labelSelector: MARKS.network };
  const listed = await objects.list('v1', 'Pod', query, signal);
  if (!listed.ok) return unknown(listed.failure);
  const left = listed.items
    .filter((pod) => isPodOf(pod, ref.kind, ref.name))
    .map((pod) => podFacts(pod).name);
  return left.length === 0
    ? { state: 'gone' }
    : { state: 'waiting', detail: `still there: ${left.join(', ')}` };
}

async function podsHealth(
  objects: Objects,
  ref: ObjectRef,
  object: JsonRecord,
  signal: AbortSignal,
): Promise<Health> {
  const listed = await objects.list(
    'v1',
    'Pod',
    { namespace: ref.namespace, labelSelector: selectorOf(object) },
    signal,
  );
  if (!listed.ok) return unknown(listed.failure);
  const own = listed.items.filter((pod) => ref.kind !== 'StatefulSet' || isPodOf(pod, ref.kind, ref.name));
  const pods = own.map(podFacts);
  const health = workloadHealth(object, pods);
  return health.state === 'waiting' ? withWarning(objects, ref, { object, health, pods }, signal) : health;
}

/** A workload that is not ready yet, with its pods. */
interface Waiting {
  readonly object: JsonRecord;
  readonly health: Health & { readonly state: 'waiting' };
  readonly pods: readonly PodFacts[];
}

/** A pod that a quota or admission refuses never appears; only an event has the reason. */
async function withWarning(
  objects: Objects,
  { namespace }: ObjectRef,
  { object, health, pods }: Waiting,
  signal: AbortSignal,
): Promise<Health> {
  if (pods.length >= Number(at(object, ['spec', 'replicas']) ?? 1)) return health;
  const uid = String(at(object, ['metadata', 'uid']));
  const fieldSelector = `type=Warning,involvedObject.uid=${uid}`;
  const listed = await objects.list('v1', 'Event', { namespace, fieldSelector }, signal);
  const said = listed.ok
    ? listed.items.map((event) => String(at(event, ['message']))).at(-1)
    : `the events are not known: ${listed.failure.detail}`;
  return said === undefined ? health : { ...health, detail: `${health.detail}; ${said}` };
}

function simpleHealth({ kind, name }: ObjectRef, object: JsonRecord): Health {
  if (kind === 'Job') {
    if (Number(at(object, ['status', 'succeeded']) ?? 0) > 0) return { state: 'healthy' };
    if (Number(at(object, ['status', 'failed']) ?? 0) > Number(at(object, ['spec', 'backoffLimit']) ?? 6))
      return { state: 'failed', detail: `Job ${name} failed` };
    return { state: 'waiting', detail: `Job ${name} is not done` };
  }
  return { state: 'healthy' };
}

function selectorOf(object: JsonRecord): string {
  const labels = at(object, ['spec', 'selector', 'matchLabels']);
  return Object.entries(isRecord(labels) ? labels : {})
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(',');
}

function unknown({ detail }: Failure): Health {
  return { state: 'unknown', detail };
}
