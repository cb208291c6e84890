import { isList, type Json, type JsonRecord, messageOf } from '@watchbill/kit';
import { call } from '@watchbill/kit/call';
import { z } from 'zod';
import type { Health } from '../../file/live/index.ts';
import type { Forward } from '../../file/net/index.ts';
import { judgedHealth } from '../apply/node-health.ts';
import type { ObjectRef, Objects } from './objects.ts';
import { at } from './ownership.ts';

export interface SignerSettings {
  readonly objects: Objects;
  /** To a port on the loopback of a pod: the RPC of a signer is nowhere else. */
  readonly forward: (namespace: string, pod: string, port: number) => Promise<Forward>;
  readonly timeoutMs: number;
}

const DEFAULT_RPC_PORT = 9944;
const MOST_BYTES = 64 * 1024;
const QUESTION = { jsonrpc: '2.0', id: 1, method: 'system_health', params: [] };
const shape = z.custom<Json>();

const FORWARD_GRANT =
  ', the user of the kubeconfig may not forward ports of pods. To grant it, add to a Role of the namespace: {apiGroups: [""], resources: [pods/portforward], verbs: [get, create]}';

/**
 * Asks the node itself: a signer is verified when it is synced and has peers. Without an answer its state is
 * unknown.
 */
export async function signerHealth(
  settings: SignerSettings,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<Health> {
  const got = await settings.objects.get(ref, signal);
  if (!got.ok) return { state: 'unknown', detail: got.failure.detail };
  if (ref.kind !== 'StatefulSet' || ref.namespace === null)
    return { state: 'unknown', detail: `it is not known how to ask a ${ref.kind}` };
  // A signer is alone in its set.
  const pod = `${ref.name}-0`;
  const forward = await settings.forward(ref.namespace, pod, rpcPortOf(got.object));
  try {
    const limits = { signal, deadlineMs: settings.timeoutMs, mostBytes: MOST_BYTES };
    return judgedHealth(
      pod,
      await call(`http://127.0.0.1:${forward.port}`, { body: QUESTION, shape, ...limits }),
    );
  } catch (error) {
    const why = forward.failure?.() ?? messageOf(error);
    return {
      state: 'unknown',
      detail: `${pod} does not report its health over RPC: ${why}${why.endsWith(' 403') ? FORWARD_GRANT : ''}`,
    };
  } finally {
    forward.close();
  }
}

/**
 * The port of the command line of a set of pods, or of a pod. Words after `--` are for the relay chain of a
 * collator.
 */
export function rpcPortOf(set: JsonRecord): number {
  return portFlagOf(set, '--rpc-port') ?? DEFAULT_RPC_PORT;
}

/** The value of a flag that names a port; null without the flag. */
export function portFlagOf(set: JsonRecord, flag: string): number | null {
  const own = ownFlagsOf(set);
  const joined = own.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const port = Number(joined ?? (own.includes(flag) ? own[own.indexOf(flag) + 1] : undefined));
  return Number.isInteger(port) ? port : null;
}

function ownFlagsOf(set: JsonRecord): readonly string[] {
  const containers = at(set, ['spec', 'template', 'spec', 'containers']) ?? at(set, ['spec', 'containers']);
  const [node] = isList(containers) ? containers : [];
  const args = at(node, ['args']);
  const words = (isList(args) ? args : []).map(String);
  const end = words.indexOf('--');
  return end < 0 ? words : words.slice(0, end);
}
