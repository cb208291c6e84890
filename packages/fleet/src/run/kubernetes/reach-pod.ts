import { isRecord } from '@watchbill/kit';
import type { LiveResource, Reached } from '../../file/live/index.ts';
import type { Forward } from '../../file/net/index.ts';
import type { TypedKey } from '../../file/signers/index.ts';
import type { KeysHeld } from '../apply/identity.ts';
import { keysOfNode } from '../apply/node-keys.ts';
import { textOf } from './connection.ts';
import { readId } from './kinds.ts';
import type { ObjectRef, Objects } from './objects.ts';
import { portFlagOf, rpcPortOf } from './signer.ts';

/** A way to the loopback of a pod of a StatefulSet, through the API server. */
export async function reachPod(
  objects: Objects,
  forward: (namespace: string, pod: string, port: number) => Promise<Forward>,
  ref: ObjectRef,
  ordinal: number,
  signal: AbortSignal,
): Promise<Reached> {
  const { kind, name, namespace } = ref;
  if (kind !== 'StatefulSet' || namespace === null)
    return { ok: false, detail: `it is not known how to ask a ${kind}` };
  const got = await objects.get(ref, signal);
  if (!got.ok) return { ok: false, detail: got.failure.detail };
  const pod = `${name}-${ordinal}`;
  const metricsPort = portFlagOf(got.object, '--prometheus-port');
  const open: Forward[] = [];
  const close = (): void => {
    for (const one of open) one.close();
  };
  try {
    const rpc = await forward(namespace, pod, rpcPortOf(got.object));
    open.push(rpc);
    const metrics = metricsPort === null ? null : await forward(namespace, pod, metricsPort);
    if (metrics !== null) open.push(metrics);
    const metricsUrl = metrics === null ? null : `http://127.0.0.1:${metrics.port}/metrics`;
    return { ok: true, reach: { rpcUrl: `http://127.0.0.1:${rpc.port}`, metricsUrl, close } };
  } catch (error) {
    close();
    return { ok: false, detail: textOf(error) };
  }
}

/**
 * Asks the node of a live pod for keys in its keystore. The set that made the pod need not exist any more.
 */
export async function keysOfPod(
  forward: (namespace: string, pod: string, port: number) => Promise<Forward>,
  { id, place, body }: LiveResource,
  keys: readonly TypedKey[],
  signal: AbortSignal,
): Promise<KeysHeld> {
  const pod = readId(place, id);
  if (pod?.kind !== 'Pod' || pod.namespace === null || !isRecord(body))
    return { ok: false, detail: `${id} is not a pod` };
  const { namespace, name } = pod;
  const answer = await keysOfNode(() => forward(namespace, name, rpcPortOf(body)), keys, signal);
  if (answer.ok || !answer.detail.endsWith(' 403')) return answer;
  return { ok: false, detail: `the user may not forward ports of pods in ${namespace}` };
}
