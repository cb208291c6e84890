import type { Lifecycle, MachineItem, MachineResource, Subject } from '../../graph/resource.ts';
import type { MachinePlace } from '../../normalise/network.ts';

export const NOBODY: Subject = { pool: null, node: null, role: null, keySet: null };

/** The subject of a resource of a machine, and the resources that come before it. */
export interface ItemLinks {
  readonly subject: Subject;
  readonly needs: readonly string[];
  /** Default: `reconcile`. */
  readonly lifecycle?: Lifecycle;
  readonly afterHealthy?: readonly string[];
}

/** A resource of a machine. */
export function item(
  place: MachinePlace,
  body: MachineItem,
  { subject, needs, lifecycle = 'reconcile', afterHealthy = [] }: ItemLinks,
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
  body: Omit<Extract<MachineItem, { readonly kind: 'directory' }>, 'kind'>,
  links: Pick<ItemLinks, 'subject' | 'needs'>,
): MachineResource {
  return item(place, { kind: 'directory', ...body }, { ...links, lifecycle: 'create-once' });
}
