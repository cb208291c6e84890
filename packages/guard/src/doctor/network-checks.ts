import type { ExposedRpc, NodeFacts } from './facts.ts';
import { type Answer, type Check, checksOf, fault, of, on } from './finding.ts';
import { compared } from './node-checks.ts';

const check = checksOf('network');

/** Checks of the RPC and of the node key, as other machines see them. */
export const NETWORK_CHECKS: readonly Check[] = [
  check('rpc-exposed', 'unsafe RPC is closed to other machines', of('exposed', unsafeRpc)),
  check('node-key-cloned', 'no other listed node has the same node key', compared(cloned)),
];

function unsafeRpc(all: readonly ExposedRpc[]): Answer {
  return all.map(({ address, unsafe }) =>
    on(unsafe, (answer) => {
      if (answer !== 'answered') return null;
      return fault('E', address, {
        what: 'unsafe RPC answers on an address that other machines reach',
        evidence: [`${address} answered system_peers`],
        cost: 'anyone who reaches it can insert and rotate session keys, and change the peers of the node',
        mend: 'start the node without --rpc-external, or with --rpc-methods safe; close the port in the firewall',
      });
    }),
  );
}

function cloned(own: NodeFacts, other: NodeFacts): Answer {
  // One node may answer at two addresses: it then listens at the same places.
  const isSameNode = own.listens.toSorted().join() === other.listens.toSorted().join();
  if (own.peerId !== other.peerId || isSameNode) return null;
  return fault('E', own.peerId, {
    what: `${own.address} and ${other.address} have the same node key`,
    evidence: [`both have the peer id ${own.peerId}`, `own: ${own.listens[0]}`, `other: ${other.listens[0]}`],
    cost: 'peers reach one of the two by chance; and a disk that was cloned with the node key has the session keys as well',
    mend: 'find out which machine is the copy, stop it, remove its keystore, and give it a new key: --node-key-file',
  });
}
