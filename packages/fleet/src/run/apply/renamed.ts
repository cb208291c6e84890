import type { LiveResource } from '../../file/live/index.ts';
import { atPlace } from '../../file/signers/index.ts';
import type { IdentifiedTarget } from './identity.ts';

/**
 * A place under another name. Its objects were created under the old name, which is in every id and possibly
 * in records on the place. So ids are translated in both directions. Objects there are only removed, never
 * applied.
 */
export function renamedTarget(inner: IdentifiedTarget, name: string): IdentifiedTarget {
  const within = (id: string) => `${inner.place.name}${id.slice(name.length)}`;
  const inside = (one: LiveResource): LiveResource => ({
    ...one,
    id: within(one.id),
    place: inner.place.name,
  });
  const outside = (one: LiveResource): LiveResource => ({
    ...atPlace(one, name),
    id: `${name}${one.id.slice(one.id.indexOf('/'))}`,
    place: name,
  });
  const { signer, applied, reach, holds } = inner;
  return {
    place: { ...inner.place, name },
    identity: inner.identity,
    shared: inner.shared,
    read: async (network, _resources, _expects, signal) => {
      const read = await inner.read(network, [], [], signal);
      if (!read.ok) return { ...read, place: name };
      const live = [...read.state.live.values()].map(outside).map((one) => [one.id, one] as const);
      return { ok: true, state: { ...read.state, place: name, live: new Map(live) } };
    },
    apply: async () => {
      throw new TypeError(`${name} is not in the network file, so objects there are only removed`);
    },
    remove: (id, basedOn, options, signal) => inner.remove(within(id), basedOn, options, signal),
    health: (id, signal) => inner.health(within(id), signal),
    ...(signer === undefined ? {} : { signer: (id, signal) => signer(within(id), signal) }),
    ...(applied === undefined ? {} : { applied: (id, signal) => applied(within(id), signal) }),
    ...(reach === undefined ? {} : { reach: (id, at, signal) => reach(within(id), at, signal) }),
    ...(holds === undefined ? {} : { holds: (one, keys, signal) => holds(inside(one), keys, signal) }),
  };
}
