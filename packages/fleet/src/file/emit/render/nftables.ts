import type { Graph } from '../../graph/resource.ts';
import { chainsOf, type MachinePlace, type Network } from '../../normalise/network.ts';
import { portsOf } from '../node-ports.ts';
import type { RenderedFile } from './rendered-file.ts';

/** A port of a machine that others may reach over TCP. */
interface OpenPort {
  readonly port: number;
  /** For a person, for example `peers of v-iron-0`. */
  readonly use: string;
}

/**
 * For each machine a firewall of nftables, for an administrator: ssh, the ports for peers, and the permission
 * service are open, and everything else is closed. RPC and metrics of nodes listen on loopback alone. The
 * file replaces its table in one transaction, so it can be loaded again after each change.
 */
export function nftablesFiles(network: Network, { places }: Pick<Graph, 'places'>): readonly RenderedFile[] {
  return places.flatMap(({ name }) => {
    const place = network.places.get(name);
    if (place?.target !== 'machine') return [];
    const ports = openPorts(network, place);
    return ports.length === 0 ? [] : [{ path: `${name}.nft`, text: tableText(network, place, ports) }];
  });
}

function openPorts(network: Network, { name: place }: MachinePlace): readonly OpenPort[] {
  const nodes = network.pools.flatMap((pool) => pool.nodes).filter((node) => node.place === place);
  const peers = nodes.flatMap((node): readonly OpenPort[] => {
    const { p2p, relayP2p } = portsOf(node, 'machine');
    const own = { port: p2p, use: `peers of ${node.name}` };
    if (chainsOf(network, node).beside === null) return [own];
    return [own, { port: relayP2p, use: `relay-chain peers of ${node.name}` }];
  });
  const { service } = network;
  const runsService = service?.target === 'machine' && service.members.some((one) => one.place === place);
  if (!runsService) return peers;
  // A request may come from another address than that of the file, so it is not restricted by address.
  return [...peers, { port: service.settings.port, use: `permission service ${service.name}` }];
}

/** Files that an administrator adds; a pattern that matches no file is not an error. */
const OWN_RULES = '/etc/watchbill-fleet/firewall.d/*.nft';

function tableText({ name }: Network, place: MachinePlace, ports: readonly OpenPort[]): string {
  const table = `inet watchbill-${name}`;
  return `#!/usr/sbin/nft -f
# Firewall of ${place.name} for network ${name}. Load: nft -f ${place.name}.nft
# To load it at each start, include it in /etc/nftables.conf.
# If the machine has nodes of another network, load one of the two files, and put the "tcp dport" lines of the other one into a
# file of ${OWN_RULES}: each table refuses what the other one lets in.
add table ${table}
delete table ${table}
table ${table} {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iif lo accept
    meta l4proto { icmp, ipv6-icmp } accept
    ip6 saddr fe80::/10 udp dport 546 accept comment "DHCPv6"
    tcp dport ${place.port} accept comment "ssh"
${ports.map(({ port, use }) => `    tcp dport ${port} accept comment "${use}"`).join('\n')}
    # Rules for other programs of this machine, for example: tcp dport 9100 accept
    include "${OWN_RULES}"
    counter comment "refused"
  }
}
`;
}
