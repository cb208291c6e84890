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

/** A VPC (half of the range: the other half has the VPN), a cluster in it, firewalls, and a jump host with the VPN. The API endpoint of this cloud is always public. */
export function digitaloceanModule(scene: CloudScene): CloudModule {
  const { infrastructure: is, p2pPorts } = scene;
  const name = cloudName(scene);
  const octet = secondOctet(scene);
  const inbound = (protocol: string, ports: string, sources: readonly string[]) => ({
    protocol,
    port_range: ports,
    source_addresses: [...sources],
  });
  const out = ['tcp', 'udp'].map((protocol) => ({
    protocol,
    port_range: '1-65535',
    destination_addresses: [...ANYWHERE],
  }));
  const peers = [...p2pPorts.map(String), `${NODE_PORTS.from}-${NODE_PORTS.to}`];
  return {
    source: 'digitalocean/digitalocean',
    version: '>= 2.40.0',
    provider: { digitalocean: {} },
    data: { digitalocean_kubernetes_versions: { here: {} } },
    resource: {
      digitalocean_vpc: { main: { name, region: is.region, ip_range: `10.${octet}.0.0/17` } },
      digitalocean_kubernetes_cluster: {
        main: {
          name,
          region: is.region,
          version: ref('data.digitalocean_kubernetes_versions.here.latest_version'),
          vpc_uuid: ref('digitalocean_vpc.main.id'),
          node_pool: [
            { name: 'nodes', size: is.machineType, node_count: is.workers, tags: [`${name}-node`] },
          ],
        },
      },
      digitalocean_ssh_key: { jump: { name: `${name}-jump`, public_key: is.sshPublicKey } },
      digitalocean_droplet: {
        jump: {
          name: `${name}-jump`,
          region: is.region,
          size: is.jumpMachineType,
          image: is.jumpImage,
          vpc_uuid: ref('digitalocean_vpc.main.id'),
          ssh_keys: [ref('digitalocean_ssh_key.jump.id')],
          user_data: literal(jumpScript(scene)),
        },
      },
      digitalocean_firewall: {
        jump: {
          name: `${name}-jump`,
          droplet_ids: [ref('digitalocean_droplet.jump.id')],
          inbound_rule: [
            inbound('tcp', '22', is.adminCidrs),
            inbound('udp', `${is.wireguardPort}`, ANYWHERE),
          ],
          outbound_rule: out,
        },
        ...(p2pPorts.length === 0
          ? {}
          : {
              peers: {
                name: `${name}-peers`,
                tags: [`${name}-node`],
                inbound_rule: peers.map((ports) => inbound('tcp', ports, ANYWHERE)),
                outbound_rule: out,
              },
            }),
      },
    },
    output: {
      jump_host: { value: ref('digitalocean_droplet.jump.ipv4_address') },
      cluster: { value: ref('digitalocean_kubernetes_cluster.main.name') },
    },
  };
}
