import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/base';
import type { KeyUse } from '../graph/key-set.ts';
import { MARKS } from '../graph/resource.ts';
import { isUnknownUse } from '../graph/unknown-use.ts';
import type { LiveResource } from '../live/port.ts';

/** A live process that may sign. */
export interface KeyUser {
  readonly id: string;
  /** The resource that started it: its own id, or that of the set of a pod, which need not live any more. */
  readonly workload: string;
  readonly use: KeyUse;
}

/**
 * All live processes that may sign: by the labels of resources, and pods. A set does not show a pod that is
 * ending, or that waits to be replaced.
 */
export function keyUsers(live: ReadonlyMap<string, LiveResource>): readonly KeyUser[] {
  return [...live.values()].flatMap((one): readonly KeyUser[] => {
    const { id, subject } = one;
    if (subject.keySet === null) return [];
    if (one.kind !== 'Pod') return [{ id, workload: id, use: subject.keySet }];
    const workload = setOf(one);
    return [{ id, workload, use: useOfPod(one, live.get(workload)) ?? subject.keySet }];
  });
}

/** Whether it is a pod, which no plan removes by itself. */
export function isPod({ id }: Pick<KeyUser, 'id'>): boolean {
  return id.split('/')[1] === 'Pod';
}

/**
 * `PLACE/StatefulSet/NAMESPACE/NAME` of the set that made a pod. One without an owner is known by its name.
 */
function setOf({ id, name, body }: LiveResource): string {
  const [place, , namespace] = id.split('/');
  const owners = at(body, 'metadata', 'ownerReferences');
  const owner = (isList(owners) ? owners : []).find((one) => isRecord(one) && one.kind === 'StatefulSet');
  const set = isRecord(owner) ? String(owner.name) : name.replace(/-\d+$/, '');
  return `${place}/StatefulSet/${namespace}/${set}`;
}

/** The use of a pod without an annotation: that of its set, if the set would create the very same pod. */
function useOfPod({ subject, body }: LiveResource, set: LiveResource | undefined): KeyUse | null {
  if (set === undefined || subject.keySet === null || !isUnknownUse(subject.keySet)) return null;
  const template = at(set.body, 'spec', 'template');
  const isMarked = at(template, 'metadata', 'annotations', MARKS.keySet) !== undefined;
  return !isMarked && secretsOf(template) === secretsOf(body) ? set.subject.keySet : null;
}

function secretsOf(pod: Json | undefined): string {
  const volumes = at(pod, 'spec', 'volumes');
  const secrets = (isList(volumes) ? volumes : []).filter(isRecord).flatMap((volume: JsonRecord) => {
    const secret = at(volume, 'secret', 'secretName');
    return secret === undefined ? [] : [`${String(volume.name)} ${String(secret)}`];
  });
  return secrets.sort().join('\n');
}

function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let here = value;
  for (const name of path) here = isRecord(here) ? here[name] : undefined;
  return here;
}
