import { type Clock, isRecord, type JsonRecord, until } from '@watchbill/kit';
import type { KubernetesResource } from '../../file/graph/index.ts';
import type { Done } from '../../file/live/index.ts';
import { fingerprintOf } from './live-object.ts';
import type { Got, ObjectRef, Objects } from './objects.ts';
import { at, isOurs, managersOf, networkOf } from './ownership.ts';
import { refOf } from './read-settings.ts';
import type { Failure } from './refusal.ts';

export interface WriteSettings {
  readonly objects: Objects;
  readonly clock: Clock;
  readonly takeOver: boolean;
}

/** The object may change its status between the look and the write; so often we look again. */
const MOST_LOOKS = 8;
const LOOK_AGAIN_MS = 100;
/** Until an object whose pods stay is gone. */
const GONE_TIMEOUT_MS = 60_000;
const GONE_EVERY_MS = 200;

/** Applies the resource to the object that it was planned on, and to no other. */
export async function applyObject(
  settings: WriteSettings,
  resource: KubernetesResource,
  basedOn: string | null,
  signal: AbortSignal,
): Promise<Done> {
  const ref = refOf(resource);
  for (let look = 0; ; look++) {
    const current = await settings.objects.get(ref, signal);
    const unfit = unfitFor(current, basedOn, ref);
    if (unfit !== null) return unfit;
    const body = current.ok ? pinned(resource.body, current.object) : resource.body;
    const done = await settings.objects.patch(
      body,
      ref,
      { dryRun: false, takeOver: settings.takeOver },
      signal,
    );
    if (done.ok && !current.ok) return created(settings, done.object, ref, signal);
    if (done.ok) return { outcome: 'done', fingerprint: fingerprintOf(done.object) };
    if (done.failure.reason !== 'changed' || look >= MOST_LOOKS) return doneOf(done.failure);
    await settings.clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

/** Null if the write may continue. */
function unfitFor(current: Got, basedOn: string | null, ref: ObjectRef): Done | null {
  if (!current.ok && current.failure.reason !== 'not-found') return doneOf(current.failure);
  if (basedOn === null)
    return current.ok ? { outcome: 'changed', detail: `${nameOf(ref)} is there now; plan again` } : null;
  if (!current.ok) return { outcome: 'changed', detail: `${nameOf(ref)} is gone; plan again` };
  return fingerprintOf(current.object) === basedOn
    ? null
    : { outcome: 'changed', detail: `${nameOf(ref)} was changed after the plan; plan again` };
}

/**
 * With the identity and version that were read, so that the server refuses if either has changed.
 */
function pinned(body: JsonRecord, current: JsonRecord): JsonRecord {
  const uid = at(current, ['metadata', 'uid']) ?? null;
  const resourceVersion = at(current, ['metadata', 'resourceVersion']) ?? null;
  return { ...body, metadata: { ...(isRecord(body.metadata) ? body.metadata : {}), uid, resourceVersion } };
}

/**
 * Server-side apply has no "only if it does not exist". If another client creates the object in that moment,
 * its other managers show that; then our fields are removed again.
 */
async function created(
  { objects }: WriteSettings,
  object: JsonRecord,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<Done> {
  const others = managersOf(object).filter((manager) => !isOurs(manager) && manager.subresource === '');
  const made = others.length === 0;
  if (made) return { outcome: 'done', fingerprint: fingerprintOf(object) };
  const nothing = { apiVersion: ref.apiVersion, kind: ref.kind, metadata: { name: ref.name } };
  const back = await objects.patch(nothing, ref, { dryRun: false, takeOver: false }, signal);
  const left = back.ok ? 'our fields were taken out again' : 'OUR FIELDS ARE STILL IN IT';
  const who = others.map(({ name }) => name).join(', ');
  return { outcome: 'changed', detail: `${who} made ${nameOf(ref)} at the same moment; ${left}` };
}

/** Removes the object that was planned on, if we made it. */
export async function removeObject(
  settings: WriteSettings,
  ref: ObjectRef,
  basedOn: string,
  orphan: boolean,
  signal: AbortSignal,
): Promise<Done> {
  for (let look = 0; ; look++) {
    const current = await settings.objects.get(ref, signal);
    if (!current.ok && current.failure.reason === 'not-found') return { outcome: 'done', fingerprint: null };
    const unfit = unfitFor(current, basedOn, ref);
    if (unfit !== null || !current.ok) return unfit ?? { outcome: 'unknown', detail: nameOf(ref) };
    if (networkOf(current.object) === null)
      return { outcome: 'changed', detail: `${nameOf(ref)} was not made by us; it is left alone` };
    const options = {
      propagationPolicy: orphan ? 'Orphan' : 'Background',
      preconditions: {
        uid: at(current.object, ['metadata', 'uid']) ?? null,
        resourceVersion: at(current.object, ['metadata', 'resourceVersion']) ?? null,
      },
    };
    const done = await settings.objects.remove(ref, options, signal);
    if (done.ok && orphan) return untilGone(settings, ref, signal);
    if (done.ok || done.failure.reason === 'not-found') return { outcome: 'done', fingerprint: null };
    if (done.failure.reason !== 'changed' || look >= MOST_LOOKS) return doneOf(done.failure);
    await settings.clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

async function untilGone(
  { objects, clock }: WriteSettings,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<Done> {
  const look = async (): Promise<true | null> => {
    const current = await objects.get(ref, signal);
    return !current.ok && current.failure.reason === 'not-found' ? true : null;
  };
  const limits = { clock, signal, pauseMs: GONE_EVERY_MS, withinMs: GONE_TIMEOUT_MS };
  if ((await until(look, limits)) !== null) return { outcome: 'done', fingerprint: null };
  return { outcome: 'unknown', detail: `${nameOf(ref)} was removed, but it is still there` };
}

function doneOf({ reason, detail }: Failure): Done {
  switch (reason) {
    case 'conflict':
    case 'changed':
    case 'invalid':
    case 'forbidden':
    case 'unreachable':
    case 'unknown':
      return { outcome: reason, detail };
    case 'immutable':
    case 'not-found':
      return { outcome: 'invalid', detail };
    case 'exists':
      return { outcome: 'changed', detail };
  }
}

function nameOf({ kind, namespace, name }: ObjectRef): string {
  return namespace === null ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
