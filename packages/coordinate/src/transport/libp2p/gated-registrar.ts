import type { GossipSubComponents } from '@libp2p/gossipsub';
import type { Connection } from '@libp2p/interface';

type Registrar = GossipSubComponents['registrar'];

/**
 * The registrar of a node as gossip sees it: streams from a peer wait until it has proven to be a member, and end if it does not.
 * The other direction needs no gate, since gossip turns to a peer only once it is identified, which happens after the proof.
 */
export function gatedRegistrar(
  inner: Registrar,
  isAdmitted: (connection: Connection) => Promise<boolean>,
): Registrar {
  const gated: Registrar = Object.create(inner);
  gated.handle = (protocol, handler, options) =>
    inner.handle(
      protocol,
      async (stream, connection) => {
        if (await isAdmitted(connection)) await handler(stream, connection);
        else stream.abort(new Error('gossip is for members of the group'));
      },
      options,
    );
  return gated;
}
