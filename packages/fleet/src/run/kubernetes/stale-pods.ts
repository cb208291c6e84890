import { type Clock, until } from '@watchbill/kit';
import type { ObjectRef, Objects } from './objects.ts';
import { at } from './ownership.ts';
import { isPodOf, podFacts } from './pods.ts';

const SEEN_TIMEOUT_MS = 20_000;
const SEEN_EVERY_MS = 200;

/**
 * Deletes the pods of a StatefulSet that are not ready and not of the revision that it has now. Its
 * controller waits for such a pod to become ready before it does anything else, so after a roll-back it would
 * wait for ever. Returns why a pod could not be deleted; null if none is left.
 */
export async function clearStalePods(
  objects: Objects,
  clock: Clock,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<string | null> {
  if (ref.kind !== 'StatefulSet') return null;
  const revision = await revisionNow(objects, clock, ref, signal);
  const listed = await objects.list('v1', 'Pod', { namespace: ref.namespace }, signal);
  if (!listed.ok) return listed.failure.detail;
  if (revision === null) return 'the declared revision of its pods is not known';
  let left: string | null = null;
  for (const pod of listed.items) {
    const facts = podFacts(pod);
    if (!isPodOf(pod, ref.kind, ref.name) || facts.ready !== 'no' || facts.revision === revision) continue;
    const uid = at(pod, ['metadata', 'uid']) ?? null;
    const podRef = { apiVersion: 'v1', kind: 'Pod', namespace: ref.namespace, name: facts.name };
    const done = await objects.remove(podRef, { preconditions: { uid } }, signal);
    if (!done.ok && done.failure.reason !== 'not-found') left ??= done.failure.detail;
  }
  return left;
}

/** As its controller sees it, once it has seen the last change. */
async function revisionNow(
  objects: Objects,
  clock: Clock,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<string | null> {
  const look = async () => {
    const set = await objects.get(ref, signal);
    if (!set.ok) return { revision: null };
    const generation = Number(at(set.object, ['metadata', 'generation']));
    const seen = Number(at(set.object, ['status', 'observedGeneration']) ?? 0);
    const revision = at(set.object, ['status', 'updateRevision']);
    return seen >= generation && typeof revision === 'string' ? { revision } : null;
  };
  const limits = { clock, signal, pauseMs: SEEN_EVERY_MS, withinMs: SEEN_TIMEOUT_MS };
  return (await until(look, limits))?.revision ?? null;
}
