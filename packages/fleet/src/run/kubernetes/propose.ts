import { digestOf, isRecord, type JsonRecord } from '@watchbill/kit';
import type { KubernetesResource } from '../../file/graph/index.ts';
import type { Proposal } from '../../file/live/index.ts';
import { bodyOf } from './live-object.ts';
import type { ObjectRef, Objects } from './objects.ts';
import { type ReadSettings, refOf } from './read-settings.ts';
import type { Failure } from './refusal.ts';

/** The result of applying the resource, with defaults and admission; the server stores no change. */
export async function proposalFor(
  { objects, takeOver }: Pick<ReadSettings, 'objects' | 'takeOver'>,
  resource: KubernetesResource,
  signal: AbortSignal,
): Promise<Proposal> {
  const ref = refOf(resource);
  const options = { dryRun: true, takeOver };
  const got = await objects.patch(resource.body, ref, options, signal);
  if (got.ok) return { ok: true, body: bodyOf(got.object) };
  if (got.failure.reason === 'not-found' && ref.namespace !== null)
    return withoutNamespace(objects, resource.body, ref, signal);
  return refusal(got.failure);
}

/**
 * Its namespace does not exist yet. The server still checks the object, under another name in a namespace
 * that every cluster has. The admission of the right namespace is only known later.
 */
async function withoutNamespace(
  objects: Objects,
  body: JsonRecord,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<Proposal> {
  const metadata = isRecord(body.metadata) ? body.metadata : {};
  const name = `plan-${digestOf({ ...ref }).slice(0, 24)}`;
  const moved = { ...body, metadata: { ...metadata, name, namespace: 'default' } };
  const options = { dryRun: true, takeOver: false };
  const got = await objects.patch(moved, { ...ref, name, namespace: 'default' }, options, signal);
  if (got.ok) {
    const seen = bodyOf(got.object);
    const back = {
      ...(isRecord(seen.metadata) ? seen.metadata : {}),
      name: ref.name,
      namespace: ref.namespace,
    };
    return { ok: true, body: { ...seen, metadata: back } };
  }
  // A user without write access there may still have it in the new namespace.
  if (got.failure.reason === 'forbidden') return { ok: true, body: bodyOf(body) };
  return refusal(got.failure);
}

function refusal({ reason, detail }: Failure): Proposal {
  switch (reason) {
    case 'conflict':
    case 'invalid':
    case 'forbidden':
    case 'immutable':
      return { ok: false, reason, detail };
    case 'not-found':
      return { ok: false, reason: 'invalid', detail };
    default:
      return { ok: false, reason: 'unreachable', detail };
  }
}
