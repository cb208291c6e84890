import type { LiveResource } from '@watchbill/fleet/live';
import type { IdentifiedTarget } from './identity.ts';

/**
 * A place under another name. What it has there was made under the name of then, which is in every id, and maybe in records on the place
 * itself; so ids are translated on the way in and out. Nothing is ever applied there, it is only removed.
 */
export function renamedTarget(inner: IdentifiedTarget, name: string): IdentifiedTarget {
  const within = (id: string) => `${inner.place.name}${id.slice(name.length)}`;
  const outside = (one: LiveResource): LiveResource => ({
    ...one,
    id: `${name}${one.id.slice(one.id.indexOf('/'))}`,
    place: name,
  });
  const { signer, applied, reach } = inner;
  return {
    place: { ...inner.place, name },
    identity: inner.identity,
    read: async (network, _resources, _expects, signal) => {
      const read = await inner.read(network, [], [], signal);
      if (!read.ok) return { ...read, place: name };
      const live = [...read.state.live.values()].map(outside).map((one) => [one.id, one] as const);
      return { ok: true, state: { ...read.state, place: name, live: new Map(live) } };
    },
    apply: async () => {
      throw new TypeError(`${name} is not in the network file, so nothing is applied there`);
    },
    remove: (id, basedOn, options, signal) => inner.remove(within(id), basedOn, options, signal),
    health: (id, signal) => inner.health(within(id), signal),
    ...(signer === undefined ? {} : { signer: (id, signal) => signer(within(id), signal) }),
    ...(applied === undefined ? {} : { applied: (id, signal) => applied(within(id), signal) }),
    ...(reach === undefined ? {} : { reach: (id, at, signal) => reach(within(id), at, signal) }),
  };
}
