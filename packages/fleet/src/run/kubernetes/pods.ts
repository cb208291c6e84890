import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { at } from './ownership.ts';

/** The facts about a pod. */
export interface PodFacts {
  readonly name: string;
  /** Number at the end of its name; null if it has none. */
  readonly ordinal: number | null;
  readonly revision: string | null;
  readonly ready: 'yes' | 'no' | 'unknown';
  readonly ending: boolean;
  /** Set if waiting will not make it ready. */
  readonly stuck: string | null;
}

/** Reasons of a container that a person must do something about. */
const STUCK = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

export function podFacts(pod: JsonRecord): PodFacts {
  const name = String(at(pod, ['metadata', 'name']));
  const ordinal = /-(\d+)$/.exec(name)?.[1];
  const revision = at(pod, ['metadata', 'labels', 'controller-revision-hash']);
  return {
    name,
    ordinal: ordinal === undefined ? null : Number(ordinal),
    revision: typeof revision === 'string' ? revision : null,
    ready: readiness(at(pod, ['status', 'conditions'])),
    ending: at(pod, ['metadata', 'deletionTimestamp']) !== undefined,
    stuck: stuckReason(pod),
  };
}

/** Whether the pod belongs to an object of this kind and name, or did until it was orphaned. */
export function isPodOf(pod: JsonRecord, kind: string, name: string): boolean {
  const owners = at(pod, ['metadata', 'ownerReferences']);
  if (isList(owners) && owners.length > 0)
    return owners.some((owner) => isRecord(owner) && owner.kind === kind && owner.name === name);
  const podName = String(at(pod, ['metadata', 'name']));
  return podName.startsWith(`${name}-`) && /^\d+$/.test(podName.slice(name.length + 1));
}

/** If a machine stops reporting, its pods become `Unknown`. They may still run. */
function readiness(conditions: Json | undefined): PodFacts['ready'] {
  const ready = (isList(conditions) ? conditions : []).find(
    (condition) => isRecord(condition) && condition.type === 'Ready',
  );
  const status = isRecord(ready) ? ready.status : 'False';
  if (status === 'True') return 'yes';
  return status === 'Unknown' ? 'unknown' : 'no';
}

function stuckReason(pod: JsonRecord): string | null {
  const containers = ['initContainerStatuses', 'containerStatuses'].flatMap((name) => {
    const list = at(pod, ['status', name]);
    return isList(list) ? list : [];
  });
  for (const container of containers) {
    const waiting = at(container, ['state', 'waiting']);
    const reason = at(waiting, ['reason']);
    if (typeof reason === 'string' && STUCK.has(reason))
      return `${String(at(container, ['name']))}: ${reason} ${String(at(waiting, ['message']) ?? '')}`.trim();
  }
  return null;
}
