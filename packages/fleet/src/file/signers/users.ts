import { isList, isRecord } from '@watchbill/kit';
import type { KeyUse } from '../graph/key-set.ts';
import { at } from '../graph/process.ts';
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
    return [{ id, workload: setOf(one), use: subject.keySet }];
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
