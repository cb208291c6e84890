import { JUMP_USER, jumpScript } from './jump.ts';
import {
  type CloudModule,
  type CloudScene,
  cloudName,
  literal,
  NODE_PORTS,
  ref,
  secondOctet,
} from './scene.ts';

/** A network of its own, a private cluster, and a jump host with the VPN as the only way in. */
export function gcpModule(scene: CloudScene): CloudModule {
  const { infrastructure: is, p2pPorts } = scene;
  const name = cloudName(scene);
  const zone = is.zone ?? `${is.region}-b`;
  const octet = secondOctet(scene);
  const firewall = (rule: string, more: object) => ({
    name: `${name}-${rule}`,
    network: ref('google_compute_network.main.id'),
    ...more,
  });
  return {
    source: 'hashicorp/google',
    version: '>= 5.0.0',
    provider: { google: { region: is.region, ...(is.project === undefined ? {} : { project: is.project }) } },
    resource: {
      google_compute_network: { main: { name, auto_create_subnetworks: false } },
      google_compute_subnetwork: {
        main: {
          name,
          network: ref('google_compute_network.main.id'),
          region: is.region,
          ip_cidr_range: `10.${octet}.0.0/20`,
          private_ip_google_access: true,
          secondary_ip_range: [
            { range_name: 'pods', ip_cidr_range: `10.${octet}.64.0/18` },
            { range_name: 'services', ip_cidr_range: `10.${octet}.32.0/20` },
          ],
        },
      },
      google_compute_router: {
        main: { name, network: ref('google_compute_network.main.id'), region: is.region },
      },
      google_compute_router_nat: {
        main: {
          name,
          router: ref('google_compute_router.main.name'),
          region: is.region,
          nat_ip_allocate_option: 'AUTO_ONLY',
          source_subnetwork_ip_ranges_to_nat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
        },
      },
      google_compute_firewall: {
        jump_ssh: firewall('jump-ssh', {
          source_ranges: [...is.adminCidrs],
          target_tags: [`${name}-jump`],
          allow: [{ protocol: 'tcp', ports: ['22'] }],
        }),
        jump_vpn: firewall('jump-vpn', {
          source_ranges: ['0.0.0.0/0'],
          target_tags: [`${name}-jump`],
          allow: [{ protocol: 'udp', ports: [`${is.wireguardPort}`] }],
        }),
        from_jump: firewall('from-jump', {
          source_tags: [`${name}-jump`],
          target_tags: [`${name}-node`],
          allow: [{ protocol: 'tcp', ports: ['22'] }],
        }),
        ...(p2pPorts.length === 0
          ? {}
          : {
              peers: firewall('peers', {
                source_ranges: ['0.0.0.0/0'],
                target_tags: [`${name}-node`],
                allow: [
                  {
                    protocol: 'tcp',
                    ports: [...p2pPorts.map(String), `${NODE_PORTS.from}-${NODE_PORTS.to}`],
                  },
                ],
              }),
            }),
      },
      google_service_account: {
        nodes: { account_id: `${name}-nodes`.slice(0, 30), display_name: `Nodes of ${name}` },
      },
      // An account without a role could not even write what its nodes log.
      google_project_iam_member: {
        nodes: {
          project: ref('google_service_account.nodes.project'),
          role: 'roles/container.defaultNodeServiceAccount',
          member: `serviceAccount:${ref('google_service_account.nodes.email')}`,
        },
      },
      google_container_cluster: {
        main: {
          name,
          location: is.region,
          network: ref('google_compute_network.main.id'),
          subnetwork: ref('google_compute_subnetwork.main.id'),
          // Counts of nodes are per zone, and a region has three of them.
          node_locations: [zone],
          remove_default_node_pool: true,
          initial_node_count: 1,
          deletion_protection: true,
          ip_allocation_policy: [
            { cluster_secondary_range_name: 'pods', services_secondary_range_name: 'services' },
          ],
          private_cluster_config: [
            {
              enable_private_nodes: true,
              enable_private_endpoint: true,
              master_ipv4_cidr_block: `10.${octet}.254.0/28`,
            },
          ],
          master_authorized_networks_config: [
            {
              cidr_blocks: [{ cidr_block: `10.${octet}.0.0/20`, display_name: 'inside, the jump host too' }],
            },
          ],
          network_policy: [{ enabled: true, provider: 'CALICO' }],
          // Nodes obey network policies only where the control plane has this addon.
          addons_config: [{ network_policy_config: [{ disabled: false }] }],
          workload_identity_config:
            is.project === undefined ? [] : [{ workload_pool: `${is.project}.svc.id.goog` }],
        },
      },
      google_container_node_pool: {
        main: {
          name,
          cluster: ref('google_container_cluster.main.id'),
          node_locations: [zone],
          node_count: is.workers,
          node_config: [
            {
              machine_type: is.machineType,
              tags: [`${name}-node`],
              service_account: ref('google_service_account.nodes.email'),
              oauth_scopes: ['https://www.googleapis.com/auth/cloud-platform'],
              shielded_instance_config: [{ enable_secure_boot: true, enable_integrity_monitoring: true }],
            },
          ],
        },
      },
      google_compute_address: { jump: { name: `${name}-jump`, region: is.region } },
      google_compute_instance: {
        jump: {
          name: `${name}-jump`,
          zone,
          machine_type: is.jumpMachineType,
          tags: [`${name}-jump`],
          boot_disk: [{ initialize_params: [{ image: is.jumpImage }] }],
          network_interface: [
            {
              subnetwork: ref('google_compute_subnetwork.main.id'),
              access_config: [{ nat_ip: ref('google_compute_address.jump.address') }],
            },
          ],
          metadata: { 'ssh-keys': `${JUMP_USER}:${is.sshPublicKey}`, 'block-project-ssh-keys': 'true' },
          metadata_startup_script: literal(jumpScript(scene)),
          shielded_instance_config: [{ enable_secure_boot: true, enable_integrity_monitoring: true }],
        },
      },
    },
    output: {
      jump_host: { value: ref('google_compute_address.jump.address') },
      cluster: { value: ref('google_container_cluster.main.name') },
    },
  };
}
