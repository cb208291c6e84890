import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/base';
import type { KeyUse } from '@watchbill/fleet/graph';
import { bornUse, MARKS, unknownUse, wordsSign } from '@watchbill/fleet/graph';
import { at } from './ownership.ts';

/** The volume with the Secret of seeds, as a pod of a signer names it. */
const SEEDS = 'seeds';

/**
 * The use of session keys by a pod, from its annotation. An older pod without it has keys generated in its
 * node, or unknown keys from a Secret. Null if no process in it signs. A pod that is ending may sign until it
 * is gone.
 */
export function keyUseOfPod(pod: JsonRecord): KeyUse | null {
  const marked = at(pod, ['metadata', 'annotations', MARKS.keySet]);
  if (typeof marked === 'string') return marked;
  if (!signs(pod)) return null;
  const [network, node] = [MARKS.network, MARKS.node].map((mark) => at(pod, ['metadata', 'labels', mark]));
  const isBorn = !listAt(pod, ['spec', 'volumes']).some(({ name }) => name === SEEDS);
  if (isBorn && typeof network === 'string' && typeof node === 'string') return bornUse(network, node);
  return unknownUse(String(at(pod, ['metadata', 'name'])));
}

function signs(pod: JsonRecord): boolean {
  const role = at(pod, ['metadata', 'labels', MARKS.role]);
  if (role === 'validator' || role === 'collator') return true;
  return listAt(pod, ['spec', 'containers']).some((container) =>
    [container.command, container.args].some((words) => wordsSign(listOf(words).map(String))),
  );
}

function listAt(value: JsonRecord, path: readonly string[]): readonly JsonRecord[] {
  return listOf(at(value, path)).filter(isRecord);
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}
