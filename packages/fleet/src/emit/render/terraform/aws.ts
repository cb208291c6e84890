import type { JsonRecord } from '../../../canonical/json.ts';
import {
  type CloudModule,
  type CloudScene,
  cloudName,
  jumpScript,
  literal,
  NODE_PORTS,
  ref,
  secondOctet,
} from './scene.ts';

const ANYWHERE = '0.0.0.0/0';

/** A VPC with two private subnets and a public one, a cluster without public endpoint, a jump host with the VPN. */
export function awsModule(scene: CloudScene): CloudModule {
  const { infrastructure: is } = scene;
  const name = cloudName(scene);
  return {
    source: 'hashicorp/aws',
    version: '>= 5.0.0',
    provider: { aws: { region: is.region } },
    data: { aws_availability_zones: { here: { state: 'available' } } },
    resource: { ...networkOf(scene), ...accessOf(scene), ...clusterOf(scene), ...jumpOf(scene, name) },
    output: {
      jump_host: { value: ref('aws_eip.jump.public_ip') },
      cluster: { value: ref('aws_eks_cluster.main.name') },
    },
  };
}

function networkOf(scene: CloudScene): CloudModule['resource'] {
  const octet = secondOctet(scene);
  const name = cloudName(scene);
  const vpc = ref('aws_vpc.main.id');
  const subnet = (cidr: string, zone: number, what: string): JsonRecord => ({
    vpc_id: vpc,
    cidr_block: cidr,
    availability_zone: ref(`data.aws_availability_zones.here.names[${zone}]`),
    tags: { Name: `${name}-${what}` },
  });
  // Routes stand alone: inside a table they would be objects, and in JSON an object must name every field that the provider has.
  const route = (table: string, gateway: JsonRecord): JsonRecord => ({
    route_table_id: ref(`aws_route_table.${table}.id`),
    destination_cidr_block: ANYWHERE,
    ...gateway,
  });
  const joined = (one: string, to: string): JsonRecord => ({
    subnet_id: ref(`aws_subnet.${one}.id`),
    route_table_id: ref(`aws_route_table.${to}.id`),
  });
  return {
    aws_vpc: {
      main: {
        cidr_block: `10.${octet}.0.0/16`,
        enable_dns_support: true,
        enable_dns_hostnames: true,
        tags: { Name: name },
      },
    },
    aws_subnet: {
      private_a: subnet(`10.${octet}.0.0/18`, 0, 'private-a'),
      private_b: subnet(`10.${octet}.64.0/18`, 1, 'private-b'),
      public: subnet(`10.${octet}.192.0/24`, 0, 'public'),
    },
    aws_internet_gateway: { main: { vpc_id: vpc } },
    aws_eip: { nat: { domain: 'vpc' }, jump: { domain: 'vpc', instance: ref('aws_instance.jump.id') } },
    aws_nat_gateway: {
      main: { allocation_id: ref('aws_eip.nat.id'), subnet_id: ref('aws_subnet.public.id') },
    },
    aws_route_table: { public: { vpc_id: vpc }, private: { vpc_id: vpc } },
    aws_route: {
      public: route('public', { gateway_id: ref('aws_internet_gateway.main.id') }),
      private: route('private', { nat_gateway_id: ref('aws_nat_gateway.main.id') }),
    },
    aws_route_table_association: {
      public: joined('public', 'public'),
      private_a: joined('private_a', 'private'),
      private_b: joined('private_b', 'private'),
    },
  };
}

function accessOf(scene: CloudScene): CloudModule['resource'] {
  const { infrastructure: is, p2pPorts } = scene;
  const name = cloudName(scene);
  const vpc = ref('aws_vpc.main.id');
  const rule = (
    group: string,
    protocol: string,
    from: number,
    to: number,
    source: JsonRecord,
  ): JsonRecord => ({
    security_group_id: ref(`aws_security_group.${group}.id`),
    ip_protocol: protocol,
    from_port: from,
    to_port: to,
    ...source,
  });
  const nodes = ref('aws_eks_cluster.main.vpc_config[0].cluster_security_group_id');
  const out = (group: string): JsonRecord => ({
    security_group_id: ref(`aws_security_group.${group}.id`),
    ip_protocol: '-1',
    cidr_ipv4: ANYWHERE,
  });
  const admins = is.adminCidrs.map((cidr, index) => [
    `jump_ssh_${index}`,
    rule('jump', 'tcp', 22, 22, cidrSource(cidr)),
  ]);
  const ranges = [
    ...p2pPorts.map((port) => [port, port] as const),
    [NODE_PORTS.from, NODE_PORTS.to] as const,
  ];
  const peers =
    p2pPorts.length === 0
      ? []
      : ranges.map(([from, to]) => [
          `peers_${from}`,
          { ...rule('jump', 'tcp', from, to, { cidr_ipv4: ANYWHERE }), security_group_id: nodes },
        ]);
  return {
    aws_security_group: { jump: { name: `${name}-jump`, vpc_id: vpc } },
    aws_vpc_security_group_ingress_rule: {
      ...Object.fromEntries(admins),
      jump_vpn: rule('jump', 'udp', is.wireguardPort, is.wireguardPort, { cidr_ipv4: ANYWHERE }),
      api_from_jump: {
        ...rule('jump', 'tcp', 443, 443, { referenced_security_group_id: ref('aws_security_group.jump.id') }),
        security_group_id: nodes,
      },
      ...Object.fromEntries(peers),
    },
    aws_vpc_security_group_egress_rule: { jump: out('jump') },
  };
}

function cidrSource(cidr: string): JsonRecord {
  return cidr.includes(':') ? { cidr_ipv6: cidr } : { cidr_ipv4: cidr };
}

function clusterOf(scene: CloudScene): CloudModule['resource'] {
  const { infrastructure: is } = scene;
  const name = cloudName(scene);
  const subnets = [ref('aws_subnet.private_a.id'), ref('aws_subnet.private_b.id')];
  const trust = (service: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
    });
  const attach = (role: string, policy: string): JsonRecord => ({
    role: ref(`aws_iam_role.${role}.name`),
    policy_arn: `arn:aws:iam::aws:policy/${policy}`,
  });
  return {
    aws_iam_role: {
      cluster: { name: `${name}-cluster`, assume_role_policy: trust('eks.amazonaws.com') },
      nodes: { name: `${name}-nodes`, assume_role_policy: trust('ec2.amazonaws.com') },
    },
    aws_iam_role_policy_attachment: {
      cluster: attach('cluster', 'AmazonEKSClusterPolicy'),
      worker: attach('nodes', 'AmazonEKSWorkerNodePolicy'),
      cni: attach('nodes', 'AmazonEKS_CNI_Policy'),
      registry: attach('nodes', 'AmazonEC2ContainerRegistryReadOnly'),
    },
    aws_eks_cluster: {
      main: {
        name,
        role_arn: ref('aws_iam_role.cluster.arn'),
        vpc_config: [{ subnet_ids: subnets, endpoint_private_access: true, endpoint_public_access: false }],
        depends_on: ['aws_iam_role_policy_attachment.cluster'],
      },
    },
    aws_eks_node_group: {
      main: {
        cluster_name: ref('aws_eks_cluster.main.name'),
        node_group_name: name,
        node_role_arn: ref('aws_iam_role.nodes.arn'),
        subnet_ids: subnets,
        instance_types: [is.machineType],
        scaling_config: [{ desired_size: is.workers, min_size: is.workers, max_size: is.workers }],
        depends_on: [
          'aws_iam_role_policy_attachment.worker',
          'aws_iam_role_policy_attachment.cni',
          'aws_iam_role_policy_attachment.registry',
        ],
      },
    },
  };
}

function jumpOf(scene: CloudScene, name: string): CloudModule['resource'] {
  const { infrastructure: is } = scene;
  return {
    aws_key_pair: { jump: { key_name: `${name}-jump`, public_key: is.sshPublicKey } },
    aws_instance: {
      jump: {
        ami: is.jumpImage,
        instance_type: is.jumpMachineType,
        subnet_id: ref('aws_subnet.public.id'),
        key_name: ref('aws_key_pair.jump.key_name'),
        vpc_security_group_ids: [ref('aws_security_group.jump.id')],
        source_dest_check: false,
        user_data: literal(jumpScript(scene)),
        metadata_options: [{ http_tokens: 'required', http_endpoint: 'enabled' }],
        root_block_device: [{ encrypted: true }],
        tags: { Name: `${name}-jump` },
      },
    },
  };
}
