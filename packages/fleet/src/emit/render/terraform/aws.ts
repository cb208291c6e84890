import type { JsonRecord } from '@watchbill/base';
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

const ANYWHERE = '0.0.0.0/0';

/** Where load balancers for peers from outside are put: one subnet for each zone that has nodes. */
const REACHED: JsonRecord = { 'kubernetes.io/role/elb': '1' };

/** A VPC with private and public subnets in two zones, a cluster without public endpoint, a jump host with the VPN. */
export function awsModule(scene: CloudScene): CloudModule {
  const { infrastructure: is } = scene;
  const name = cloudName(scene);
  return {
    source: 'hashicorp/aws',
    version: '>= 6.0.0',
    provider: { aws: { region: is.region } },
    data: { aws_availability_zones: { here: { state: 'available' } } },
    resource: {
      ...networkOf(scene),
      ...accessOf(scene),
      ...clusterOf(scene),
      ...addonsOf(),
      ...jumpOf(scene, name),
    },
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
  const subnet = (cidr: string, zone: number, what: string, tags: JsonRecord = {}): JsonRecord => ({
    vpc_id: vpc,
    cidr_block: cidr,
    availability_zone: ref(`data.aws_availability_zones.here.names[${zone}]`),
    tags: { Name: `${name}-${what}`, [`kubernetes.io/cluster/${name}`]: 'shared', ...tags },
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
      public: subnet(`10.${octet}.192.0/24`, 0, 'public-a', REACHED),
      public_b: subnet(`10.${octet}.193.0/24`, 1, 'public-b', REACHED),
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
      public_b: joined('public_b', 'public'),
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
      storage: { name: `${name}-storage`, assume_role_policy: TRUST_OF_STORAGE },
    },
    aws_iam_role_policy_attachment: {
      cluster: attach('cluster', 'AmazonEKSClusterPolicy'),
      worker: attach('nodes', 'AmazonEKSWorkerNodePolicy'),
      cni: attach('nodes', 'AmazonEKS_CNI_Policy'),
      storage: attach('storage', 'service-role/AmazonEBSCSIDriverPolicy'),
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
        // 20 GiB, which is what is given, does not go far with images and logs.
        disk_size: 64,
        scaling_config: [{ desired_size: is.workers, min_size: is.workers, max_size: is.workers }],
        depends_on: [
          'aws_eks_addon.network',
          'aws_iam_role_policy_attachment.worker',
          'aws_iam_role_policy_attachment.cni',
          'aws_iam_role_policy_attachment.registry',
        ],
      },
    },
  };
}

/** What makes volumes, as the cluster knows it. */
const STORAGE_ACCOUNT = 'ebs-csi-controller-sa';

/** For that account of this cluster alone. */
const TRUST_OF_STORAGE = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Condition: {
        StringEquals: {
          'aws:RequestTag/eks-cluster-arn': ref('aws_eks_cluster.main.arn'),
          'aws:RequestTag/kubernetes-namespace': 'kube-system',
          'aws:RequestTag/kubernetes-service-account': STORAGE_ACCOUNT,
        },
      },
    },
  ],
});

/** Without these, network policies are taken and not obeyed, and no claim of a volume is ever met. */
function addonsOf(): CloudModule['resource'] {
  const addon = (addonName: string, more: JsonRecord): JsonRecord => ({
    cluster_name: ref('aws_eks_cluster.main.name'),
    addon_name: addonName,
    // A cluster is born with the network addon, unmanaged and without the setting.
    resolve_conflicts_on_create: 'OVERWRITE',
    resolve_conflicts_on_update: 'OVERWRITE',
    ...more,
  });
  return {
    aws_eks_addon: {
      network: addon('vpc-cni', { configuration_values: JSON.stringify({ enableNetworkPolicy: 'true' }) }),
      // Hands roles to pods. It and the driver are ready only where there are nodes.
      identity: addon('eks-pod-identity-agent', { depends_on: ['aws_eks_node_group.main'] }),
      storage: addon('aws-ebs-csi-driver', {
        // The class that claims are of which name none.
        configuration_values: JSON.stringify({ defaultStorageClass: { enabled: true } }),
        pod_identity_association: [
          { role_arn: ref('aws_iam_role.storage.arn'), service_account: STORAGE_ACCOUNT },
        ],
        depends_on: [
          'aws_eks_node_group.main',
          'aws_eks_addon.identity',
          'aws_iam_role_policy_attachment.storage',
        ],
      }),
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
        // Else a new peer of the VPN would be in the file and not on the host: the script runs at the first boot.
        user_data_replace_on_change: true,
        user_data: literal(jumpScript(scene)),
        metadata_options: [{ http_tokens: 'required', http_endpoint: 'enabled' }],
        root_block_device: [{ encrypted: true }],
        tags: { Name: `${name}-jump` },
      },
    },
  };
}
