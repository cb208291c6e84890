import type { GossipSubComponents } from '@libp2p/gossipsub';
import type { Connection } from '@libp2p/interface';

type Registrar = GossipSubComponents['registrar'];

/**
 * The registrar of a node for gossip. Streams from a peer wait until it has proven that it is a member, and
 * end if it does not. With `only`, gossip uses no other protocol than this one. The other direction needs no
 * gate, because gossip contacts a peer only once it is identified, which happens after the proof.
 */
export function gatedRegistrar(
  inner: Registrar,
  isAdmitted: (connection: Connection) => Promise<boolean>,
  only: string | null = null,
): Registrar {
  const gated: Registrar = Object.create(inner);
  const isSpoken = (protocol: string): boolean => only === null || protocol === only;
  gated.register = async (protocol, topology) =>
    isSpoken(protocol) ? inner.register(protocol, topology) : '';
  gated.handle = async (protocol, handler, options) => {
    if (!isSpoken(protocol)) return;
    await inner.handle(
      protocol,
      async (stream, connection) => {
        if (await isAdmitted(connection)) await handler(stream, connection);
        else stream.abort(new Error('gossip is for members of the group'));
      },
      options,
    );
  };
  return gated;
}
