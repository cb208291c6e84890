import { counted, type JsonRecord } from '@watchbill/kit';
import type { Health } from '../../file/live/index.ts';
import { at } from './ownership.ts';
import type { PodFacts } from './pods.ts';

/** Names of pods in one message; the others are counted. */
const MOST_NAMED = 4;

/**
 * Whether every pod that should be there is there, ready and of the right revision. Below the partition of a
 * roll-out a pod may be of either revision.
 */
export function workloadHealth(object: JsonRecord, pods: readonly PodFacts[]): Health {
  const wanted = Number(at(object, ['spec', 'replicas']) ?? 1);
  const generation = Number(at(object, ['metadata', 'generation']) ?? 0);
  const seen = Number(at(object, ['status', 'observedGeneration']) ?? 0);
  if (seen < generation) return { state: 'waiting', detail: 'its controller has not seen the change yet' };
  const stuck = pods.filter((pod) => pod.stuck !== null);
  if (stuck.length > 0)
    return { state: 'failed', detail: stuck.map((pod) => `${pod.name}: ${pod.stuck}`).join('; ') };
  const lost = pods.filter((pod) => pod.ready === 'unknown');
  if (lost.length > 0)
    return { state: 'unknown', detail: `${names(lost)}: the machine does not report; it may still run` };
  const ending = pods.filter((pod) => pod.ending);
  if (ending.length > 0) return { state: 'waiting', detail: `ending: ${names(ending)}` };
  const old = pods.filter((pod) => isOld(object, pod));
  if (old.length > 0) return { state: 'waiting', detail: `not replaced yet: ${names(old)}` };
  const unready = pods.filter((pod) => pod.ready === 'no');
  if (unready.length > 0) return { state: 'waiting', detail: `not ready: ${names(unready)}` };
  if (pods.length !== wanted)
    return { state: 'waiting', detail: `${pods.length} of ${counted(wanted, 'pod is', 'pods are')} there` };
  return { state: 'healthy' };
}

/** Only a StatefulSet names its new revision. */
function isOld(object: JsonRecord, { revision, ordinal }: PodFacts): boolean {
  const update = at(object, ['status', 'updateRevision']);
  if (typeof update !== 'string' || object.kind !== 'StatefulSet') return false;
  const partition = Number(at(object, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']) ?? 0);
  return (ordinal ?? 0) >= partition && revision !== update;
}

function names(pods: readonly PodFacts[]): string {
  const shown = pods
    .slice(0, MOST_NAMED)
    .map(({ name }) => name)
    .join(', ');
  return pods.length > MOST_NAMED ? `${shown} and ${pods.length - MOST_NAMED} more` : shown;
}
