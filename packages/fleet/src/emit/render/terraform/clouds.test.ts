// What a cloud must be told so that a cluster works there: each line here was missing once, or would be missed by nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, type Fields, moduleOf, one } from './fixture-module.ts';

test('gcp: the jump host may ask the control plane, nodes obey network policies and stay in one zone', () => {
  const { module } = moduleOf('gcp', true, { zone: 'europe-west3-a' });
  const cluster = one(module, 'google_container_cluster');
  const asked = block(cluster, 'master_authorized_networks_config').cidr_blocks as readonly Fields[];
  const subnet = one(module, 'google_compute_subnetwork');
  assert.deepEqual(
    asked.map(({ cidr_block }) => cidr_block),
    [subnet.ip_cidr_range],
  );
  const jump = one(module, 'google_compute_instance', 'jump');
  assert.equal(block(jump, 'network_interface').subnetwork, reference('google_compute_subnetwork.main.id'));
  assert.equal(block(block(cluster, 'addons_config'), 'network_policy_config').disabled, false);
  assert.equal(block(cluster, 'network_policy').enabled, true);
  assert.deepEqual(cluster.node_locations, ['europe-west3-a']);
  assert.equal(jump.zone, 'europe-west3-a');
  assert.equal(
    one(module, 'google_project_iam_member', 'nodes').role,
    'roles/container.defaultNodeServiceAccount',
  );
});

test('aws: network policies are obeyed, claims have a driver with its role and a class, load balancers have subnets', () => {
  const { module } = moduleOf('aws', true);
  const addon = (name: string): Fields => one(module, 'aws_eks_addon', name);
  const valuesOf = (name: string): unknown => JSON.parse(String(addon(name).configuration_values));
  assert.equal(addon('network').addon_name, 'vpc-cni');
  assert.deepEqual(valuesOf('network'), { enableNetworkPolicy: 'true' });
  assert.ok(
    (one(module, 'aws_eks_node_group').depends_on as readonly string[]).includes('aws_eks_addon.network'),
  );
  assert.equal(addon('storage').addon_name, 'aws-ebs-csi-driver');
  assert.deepEqual(valuesOf('storage'), { defaultStorageClass: { enabled: true } });
  assert.equal(addon('identity').addon_name, 'eks-pod-identity-agent');
  const account = block(addon('storage'), 'pod_identity_association');
  assert.equal(account.role_arn, reference('aws_iam_role.storage.arn'));
  const trust = JSON.parse(String(one(module, 'aws_iam_role', 'storage').assume_role_policy)) as {
    readonly Statement: readonly [
      { readonly Principal: unknown; readonly Condition: { readonly StringEquals: unknown } },
    ];
  };
  assert.deepEqual(trust.Statement[0].Principal, { Service: 'pods.eks.amazonaws.com' });
  assert.deepEqual(trust.Statement[0].Condition.StringEquals, {
    'aws:RequestTag/eks-cluster-arn': reference('aws_eks_cluster.main.arn'),
    'aws:RequestTag/kubernetes-namespace': 'kube-system',
    'aws:RequestTag/kubernetes-service-account': account.service_account,
  });
  const attached = Object.values(module.resource.aws_iam_role_policy_attachment ?? {}) as readonly Fields[];
  const ofStorage = attached.filter(({ role }) => role === reference('aws_iam_role.storage.name'));
  assert.deepEqual(
    ofStorage.map(({ policy_arn }) => policy_arn),
    ['arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy'],
  );
  const subnets = Object.values(module.resource.aws_subnet ?? {}) as readonly {
    readonly tags: Fields;
    readonly availability_zone: string;
  }[];
  const zones = (reached: boolean) =>
    subnets
      .filter(({ tags }) => (tags['kubernetes.io/role/elb'] === '1') === reached)
      .map((subnet) => subnet.availability_zone)
      .sort();
  assert.deepEqual(zones(true), zones(false), 'each zone with nodes can be reached');
  assert.equal(one(module, 'aws_instance', 'jump').user_data_replace_on_change, true);
});

test('azure: the cluster has a name that peers of the VPN can resolve, a right on its subnet, and enforces network policies', () => {
  const { module } = moduleOf('azure', true);
  const cluster = one(module, 'azurerm_kubernetes_cluster');
  assert.equal(cluster.private_cluster_public_fqdn_enabled, true);
  assert.equal(block(cluster, 'network_profile').network_policy, 'calico');
  const right = one(module, 'azurerm_role_assignment', 'nodes');
  assert.equal(right.scope, block(cluster, 'default_node_pool').vnet_subnet_id);
  assert.equal(right.role_definition_name, 'Network Contributor');
  assert.deepEqual(one(module, 'azurerm_linux_virtual_machine', 'jump').boot_diagnostics, [{}]);
});

test('hetzner: every server has an address of its own in the private network, and keeps it', () => {
  const { module } = moduleOf('hetzner', true);
  const inside = ['jump', 'nodes'].map((name) => block(one(module, 'hcloud_server', name), 'network'));
  assert.deepEqual(
    inside.map(({ ip }) => ip),
    ['10.42.0.2', reference('cidrhost("10.42.0.0/17", 256 + count.index)')],
  );
  for (const { alias_ips } of inside) assert.deepEqual(alias_ips, []);
});

function reference(expression: string): string {
  return `\${${expression}}`;
}
