import type { Lifecycle, MachineItem, MachineResource, Subject } from '../../graph/resource.ts';
import type { MachinePlace } from '../../normalise/network.ts';

export const NOBODY: Subject = { pool: null, node: null, role: null, keySet: null };

/** A resource of a machine. */
export function item(
  place: MachinePlace,
  body: MachineItem,
  subject: Subject,
  needs: readonly string[],
  lifecycle: Lifecycle = 'reconcile',
  afterHealthy: readonly string[] = [],
): MachineResource {
  const name = 'path' in body ? body.path : body.name;
  const id = `${place.name}/${body.kind}/${name}`;
  return {
    id,
    target: 'machine',
    place: place.name,
    kind: body.kind,
    name,
    needs,
    afterHealthy,
    subject,
    lifecycle,
    body,
  };
}

/** Folders are created if missing and never removed, because they hold chains and keys. */
export function folder(
  place: MachinePlace,
  path: string,
  owner: string,
  group: string,
  mode: string,
  subject: Subject,
  needs: readonly string[],
): MachineResource {
  return item(place, { kind: 'directory', path, owner, group, mode }, subject, needs, 'create-once');
}
