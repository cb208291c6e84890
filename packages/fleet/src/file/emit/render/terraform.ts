import type { Graph } from '../../graph/resource.ts';
import type { Network } from '../../normalise/network.ts';
import { nodePortOf, portsOf } from '../node-ports.ts';
import type { RenderedFile } from './rendered-file.ts';

/** Kubernetes takes the ports of Services that peers outside reach from this range. */
const NODE_PORTS = '30000-32767';

/**
 * Values for the modules of `deploy/terraform`: a `CLUSTER/terraform.tfvars.json` for each cluster with
 * `infrastructure`. The names are those of the variables of the module,
 * `deploy/terraform/PROVIDER/variables.tf`.
 */
export function terraformFiles(network: Network, { places }: Pick<Graph, 'places'>): readonly RenderedFile[] {
  return places.flatMap(({ name }) => {
    const is = network.file.clusters?.[name]?.infrastructure;
    if (is === undefined) return [];
    const values = {
      name: `${network.name}-${name}`,
      region: is.region,
      ...(is.provider === 'gcp' ? { project: is.project ?? null, zone: is.zone ?? null } : {}),
      workers: is.workers,
      machine_type: is.machineType,
      jump_machine_type: is.jumpMachineType,
      jump_image: is.jumpImage,
      cidr: is.cidr,
      admin_cidrs: is.adminCidrs,
      ssh_public_key: is.sshPublicKey,
      wireguard_port: is.wireguardPort,
      wireguard_peers: is.wireguard.map(({ name: peer, publicKey, address }) => ({
        name: peer,
        public_key: publicKey,
        address,
      })),
      peer_ports: openPorts(network, name),
    };
    return [{ path: `${name}/terraform.tfvars.json`, text: `${JSON.stringify(values, null, 2)}\n` }];
  });
}

/**
 * Ports at which pools of a cluster want to be reached by peers from anywhere: those of the nodes, and those
 * of the hosts. The whole range of Services is among them only if the cluster chooses a port of a host.
 */
function openPorts({ pools }: Network, place: string): readonly string[] {
  const nodes = pools
    .flatMap((pool) => pool.nodes)
    .filter((node) => node.place === place && node.settings.exposure.p2p !== 'none');
  const ports = nodes.flatMap((node) => [portsOf(node, 'kubernetes').p2p, nodePortOf(node) ?? []].flat());
  const own = [...new Set(ports)].sort((one, other) => one - other).map(String);
  return nodes.some((node) => nodePortOf(node) === null) ? [...own, NODE_PORTS] : own;
}
