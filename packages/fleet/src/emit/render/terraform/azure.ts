import type { JsonRecord } from '@watchbill/base';
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

/** A resource group with a network, a private cluster, and a jump host with the VPN. */
export function azureModule(scene: CloudScene): CloudModule {
  const name = cloudName(scene);
  const { infrastructure: is } = scene;
  return {
    source: 'hashicorp/azurerm',
    version: '>= 4.0.0',
    provider: { azurerm: { features: {} } },
    resource: {
      azurerm_resource_group: { main: { name, location: is.region } },
      ...networkOf(scene, name),
      ...clusterOf(scene, name),
      ...RIGHTS,
      ...jumpOf(scene, name),
    },
    output: {
      jump_host: { value: ref('azurerm_public_ip.jump.ip_address') },
      cluster: { value: ref('azurerm_kubernetes_cluster.main.name') },
    },
  };
}

/** What every resource of the group says. */
const HERE: JsonRecord = {
  resource_group_name: ref('azurerm_resource_group.main.name'),
  location: ref('azurerm_resource_group.main.location'),
};

function networkOf(scene: CloudScene, name: string): CloudModule['resource'] {
  const { infrastructure: is, p2pPorts } = scene;
  const octet = secondOctet(scene);
  const subnet = (cidr: string, what: string): JsonRecord => ({
    name: what,
    resource_group_name: ref('azurerm_resource_group.main.name'),
    virtual_network_name: ref('azurerm_virtual_network.main.name'),
    address_prefixes: [cidr],
  });
  // Rules stand alone: inside a group they would be objects, and in JSON an object must name every field that the provider has.
  const rule = (
    group: 'jump' | 'nodes',
    title: string,
    priority: number,
    protocol: string,
    ports: readonly string[],
    sources: readonly string[],
  ): JsonRecord => ({
    name: title,
    resource_group_name: ref('azurerm_resource_group.main.name'),
    network_security_group_name: ref(`azurerm_network_security_group.${group}.name`),
    priority,
    direction: 'Inbound',
    access: 'Allow',
    protocol,
    source_port_range: '*',
    destination_port_ranges: [...ports],
    source_address_prefixes: [...sources],
    destination_address_prefix: '*',
  });
  const joined = (one: string): JsonRecord => ({
    subnet_id: ref(`azurerm_subnet.${one}.id`),
    network_security_group_id: ref(`azurerm_network_security_group.${one}.id`),
  });
  const anywhere = ['0.0.0.0/0'];
  const peers = [...p2pPorts.map(String), `${NODE_PORTS.from}-${NODE_PORTS.to}`];
  return {
    azurerm_virtual_network: { main: { name, ...HERE, address_space: [`10.${octet}.0.0/16`] } },
    azurerm_subnet: {
      nodes: subnet(`10.${octet}.0.0/17`, 'nodes'),
      jump: subnet(`10.${octet}.192.0/24`, 'jump'),
    },
    azurerm_network_security_group: {
      jump: { name: `${name}-jump`, ...HERE },
      nodes: { name: `${name}-nodes`, ...HERE },
    },
    azurerm_network_security_rule: {
      ssh: rule('jump', 'ssh', 100, 'Tcp', ['22'], is.adminCidrs),
      vpn: rule('jump', 'vpn', 110, 'Udp', [`${is.wireguardPort}`], anywhere),
      ...(p2pPorts.length === 0 ? {} : { peers: rule('nodes', 'peers', 100, 'Tcp', peers, anywhere) }),
    },
    azurerm_subnet_network_security_group_association: { jump: joined('jump'), nodes: joined('nodes') },
  };
}

function clusterOf(scene: CloudScene, name: string): CloudModule['resource'] {
  const { infrastructure: is } = scene;
  return {
    azurerm_kubernetes_cluster: {
      main: {
        name,
        ...HERE,
        dns_prefix: name,
        private_cluster_enabled: true,
        // A name that leads to the private address from everywhere: peers of the VPN do not ask the resolver of the network.
        private_cluster_public_fqdn_enabled: true,
        role_based_access_control_enabled: true,
        default_node_pool: [
          {
            name: 'nodes',
            vm_size: is.machineType,
            node_count: is.workers,
            vnet_subnet_id: ref('azurerm_subnet.nodes.id'),
          },
        ],
        identity: [{ type: 'SystemAssigned' }],
        network_profile: [
          {
            network_plugin: 'azure',
            network_policy: 'calico',
            service_cidr: '172.20.0.0/16',
            dns_service_ip: '172.20.0.10',
          },
        ],
      },
    },
  };
}

/** The cluster gives its nodes and load balancers addresses of a subnet that is not its own: for that it needs a right there. */
const RIGHTS: CloudModule['resource'] = {
  azurerm_role_assignment: {
    nodes: {
      scope: ref('azurerm_subnet.nodes.id'),
      role_definition_name: 'Network Contributor',
      principal_id: ref('azurerm_kubernetes_cluster.main.identity[0].principal_id'),
    },
  },
};

function jumpOf(scene: CloudScene, name: string): CloudModule['resource'] {
  const { infrastructure: is } = scene;
  const [publisher = '', offer = '', sku = '', version = 'latest'] = is.jumpImage.split(':');
  return {
    azurerm_public_ip: {
      jump: { name: `${name}-jump`, ...HERE, allocation_method: 'Static', sku: 'Standard' },
    },
    azurerm_network_interface: {
      jump: {
        name: `${name}-jump`,
        ...HERE,
        ip_configuration: [
          {
            name: 'main',
            subnet_id: ref('azurerm_subnet.jump.id'),
            private_ip_address_allocation: 'Dynamic',
            public_ip_address_id: ref('azurerm_public_ip.jump.id'),
          },
        ],
      },
    },
    azurerm_linux_virtual_machine: {
      jump: {
        name: `${name}-jump`,
        ...HERE,
        size: is.jumpMachineType,
        admin_username: JUMP_USER,
        network_interface_ids: [ref('azurerm_network_interface.jump.id')],
        admin_ssh_key: [{ username: JUMP_USER, public_key: is.sshPublicKey }],
        // The console, where the host says its keys; kept by the cloud.
        boot_diagnostics: [{}],
        os_disk: [{ caching: 'ReadWrite', storage_account_type: 'Standard_LRS' }],
        source_image_reference: [{ publisher, offer, sku, version }],
        custom_data: ref(`base64encode(${JSON.stringify(literal(jumpScript(scene)))})`),
      },
    },
  };
}
