import type { Json } from '@watchbill/base';
import { jumpScript } from './jump.ts';
import {
  type CloudModule,
  type CloudScene,
  cloudName,
  literal,
  NODE_PORTS,
  ref,
  secondOctet,
} from './scene.ts';

const ANYWHERE = ['0.0.0.0/0', '::/0'];

/** Zone of the networks that a location can join; all others are in eu-central. */
const ZONES: Readonly<Record<string, string>> = { ash: 'us-east', hil: 'us-west', sin: 'ap-southeast' };

/** A private network with servers for a cluster that you install on them, firewalls, and a jump host with the VPN. */
export function hetznerModule(scene: CloudScene): CloudModule {
  const { infrastructure: is, p2pPorts } = scene;
  const name = cloudName(scene);
  const octet = secondOctet(scene);
  const rule = (protocol: string, port: string, sources: readonly string[]) => ({
    direction: 'in',
    protocol,
    port,
    source_ips: [...sources],
  });
  const inside = [`10.${octet}.0.0/16`];
  const peers = p2pPorts.length === 0 ? [] : [...p2pPorts.map(String), `${NODE_PORTS.from}-${NODE_PORTS.to}`];
  // From 10.N.1.0 on.
  const nodeAddress = ref(`cidrhost("10.${octet}.0.0/17", 256 + count.index)`);
  const server = (host: string, type: string, firewall: string, ip: Json) => ({
    name: host,
    server_type: type,
    image: is.jumpImage,
    location: is.region,
    ssh_keys: [ref('hcloud_ssh_key.main.id')],
    firewall_ids: [ref(`hcloud_firewall.${firewall}.id`)],
    // Aliases left out would take the server off the network and put it on again with each apply.
    network: [{ network_id: ref('hcloud_network.main.id'), ip, alias_ips: [] }],
    depends_on: ['hcloud_network_subnet.main'],
  });
  return {
    source: 'hetznercloud/hcloud',
    version: '>= 1.45.0',
    provider: { hcloud: {} },
    resource: {
      hcloud_network: { main: { name, ip_range: `10.${octet}.0.0/16` } },
      hcloud_network_subnet: {
        main: {
          network_id: ref('hcloud_network.main.id'),
          type: 'cloud',
          network_zone: ZONES[is.region] ?? 'eu-central',
          ip_range: `10.${octet}.0.0/17`,
        },
      },
      hcloud_ssh_key: { main: { name, public_key: is.sshPublicKey } },
      hcloud_firewall: {
        jump: {
          name: `${name}-jump`,
          rule: [rule('tcp', '22', is.adminCidrs), rule('udp', `${is.wireguardPort}`, ANYWHERE)],
        },
        nodes: {
          name: `${name}-nodes`,
          rule: [rule('tcp', '22', inside), ...peers.map((port) => rule('tcp', port, ANYWHERE))],
        },
      },
      hcloud_server: {
        jump: {
          ...server(`${name}-jump`, is.jumpMachineType, 'jump', `10.${octet}.0.2`),
          user_data: literal(jumpScript(scene)),
        },
        nodes: {
          ...server(`${name}-\${count.index}`, is.machineType, 'nodes', nodeAddress),
          count: is.workers,
        },
      },
    },
    output: {
      jump_host: { value: ref('hcloud_server.jump.ipv4_address') },
      nodes: { value: ref('hcloud_server.nodes[*].ipv4_address') },
      nodes_inside: { value: ref('[for node in hcloud_server.nodes : one(node.network).ip]') },
    },
  };
}
