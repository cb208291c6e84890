import type { LiveResource } from './port.ts';

/**
 * The live resources of several places, by id. A cluster also shows holders of keys in namespaces that
 * another place of the network has: they are left out, because that place shows them as its own.
 */
export function mergedLive(
  places: Iterable<ReadonlyMap<string, LiveResource>>,
): ReadonlyMap<string, LiveResource> {
  const all = [...places].flatMap((live) => [...live.values()]);
  const object = ({ id, uid }: LiveResource) => `${uid} ${id.slice(id.indexOf('/'))}`;
  const own = new Set(all.filter(({ owner, uid }) => owner === undefined && uid !== undefined).map(object));
  const shown = all.filter((one) => one.owner === undefined || !own.has(object(one)));
  return new Map(shown.map((one) => [one.id, one]));
}
