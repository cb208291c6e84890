// What the modules of deploy/terraform would make, by the plan of the real OpenTofu: each line was missing
// once, or no other test would miss it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { tofuGround } from './tofu/ground.ts';
import { block, type Fields, type Planned, plannedOf } from './tofu/plan.ts';
import { CLOUDS, type Cloud, valuesOf } from './tofu/values.ts';

const SCRIPT = new URL('../../../../deploy/terraform/jump/jump.sh.tftpl', import.meta.url);
const plans = new Map<string, Planned>();

describe('what is planned', () => {
  const ends: (() => void)[] = [];
  after(() => {
    for (const end of ends) end();
  });
  before(async () => {
    for (const cloud of CLOUDS)
      for (const reached of [true, false]) {
        const ground = tofuGround({ after: (end) => ends.push(end) }, cloud);
        ground.write({ ...valuesOf(cloud, reached), ...(cloud === 'gcp' ? { zone: 'europe-west3-a' } : {}) });
        plans.set(`${cloud} ${reached}`, await plannedOf(ground));
      }
  });

  for (const cloud of CLOUDS) {
    test(`${cloud}: ssh of the jump host is open to administrators alone, and no port of an RPC to anyone`, () => {
      const rules = rulesWithPort(everythingOf(cloud, false), 22);
      assert.ok(rules.length > 0);
      for (const rule of rules) assert.ok(!/0\.0\.0\.0\/0|"::\/0"/.test(rule), rule);
      assert.ok(rules.some((rule) => rule.includes('198.51.100.0/24')));
      assert.doesNotMatch(JSON.stringify(everythingOf(cloud, true)), /99(44|33)/);
    });

    test(`${cloud}: peers get in only if the network file says so`, () => {
      assert.doesNotMatch(JSON.stringify(everythingOf(cloud, false)), /30333|30000/);
      const open = JSON.stringify(everythingOf(cloud, true));
      assert.match(open, /30333/);
      assert.match(open, /30000.*32767|32767.*30000/);
    });

    test(`${cloud}: the host gets the whole script and no secret`, () => {
      const script = scriptOf(cloud);
      assert.equal(script, scriptOf('hetzner'));
      const everything = JSON.stringify(everythingOf(cloud, true));
      assert.doesNotMatch(everything, /PRIVATE KEY|[Pp]rivate_?[Kk]ey["']?\s*[:=]|password["']?\s*[:=]/);
    });

    test(`${cloud}: the addresses of the VPN are given to no machine`, () => {
      const given = [...planOf(cloud, false).resources].filter(([name]) => GIVES.test(name));
      const ranges = [...JSON.stringify(given).matchAll(/"10\.42\.(\d+)\.0\/(\d+)"/g)];
      assert.ok(ranges.length > 0);
      for (const [range, third, bits] of ranges)
        assert.ok(Number(third) + 2 ** Math.max(0, 24 - Number(bits)) <= 255, range);
    });
  }

  test('the script shuts root out only after the user got in, and hides every peer behind the host', () => {
    const script = scriptOf('hetzner');
    const order = [
      'useradd',
      'authorized_keys',
      'apt-get',
      'sudoers',
      '\nenters\n',
      'PermitRootLogin no',
      'masquerade',
      'wg-quick@wg0',
    ];
    const places = order.map((text) => script.indexOf(text));
    assert.ok(!places.includes(-1), JSON.stringify(places));
    assert.deepEqual(
      places,
      places.toSorted((one, other) => one - other),
    );
    assert.match(
      script,
      /iifname "wg0" oifname != "wg0" ip saddr 10\.42\.255\.0\/24 ip daddr 10\.42\.0\.0\/16 accept/,
    );
    assert.match(script, /Address = 10\.42\.255\.1\/24\nListenPort = 51820\n/);
    assert.match(
      script,
      /\n# a\n\[Peer\]\nPublicKey = A{43}=\nAllowedIPs = 10\.42\.255\.2\/32\nWATCHBILL_END/,
    );
    assert.ok(!script.includes("Vt9 a'"), 'the comment of the key is left out');
    // Nothing of the template is lost: its other lines are in the script as they are.
    const lines = readFileSync(SCRIPT, 'utf8').split('\n');
    for (const line of lines) if (!line.includes('${')) assert.ok(script.includes(line), line);
  });

  test('gcp: the jump host may ask the control plane, nodes obey network policies and stay in one zone', () => {
    const cluster = one('gcp', 'google_container_cluster.main');
    const asked = block(cluster, 'master_authorized_networks_config').cidr_blocks as readonly Fields[];
    assert.deepEqual(asked.map(field('cidr_block')), [
      one('gcp', 'google_compute_subnetwork.main').ip_cidr_range,
    ]);
    const jump = one('gcp', 'google_compute_instance.jump');
    const { references } = planOf('gcp', true);
    assert.ok(
      references('google_compute_instance.jump', 'network_interface').includes(
        'google_compute_subnetwork.main.id',
      ),
    );
    assert.equal(block(block(cluster, 'addons_config'), 'network_policy_config').disabled, false);
    assert.equal(block(cluster, 'network_policy').enabled, true);
    assert.deepEqual(cluster.node_locations, ['europe-west3-a']);
    assert.equal(jump.zone, 'europe-west3-a');
    const { role } = one('gcp', 'google_project_iam_member.nodes');
    assert.equal(role, 'roles/container.defaultNodeServiceAccount');
  });

  test('aws: network policies are obeyed, claims have a driver with its role and a class, load balancers have subnets', () => {
    const addon = (name: string): Fields => one('aws', `aws_eks_addon.${name}`);
    const valuesIn = (name: string): unknown => JSON.parse(String(addon(name).configuration_values));
    assert.equal(addon('network').addon_name, 'vpc-cni');
    assert.deepEqual(valuesIn('network'), { enableNetworkPolicy: 'true' });
    assert.equal(addon('storage').addon_name, 'aws-ebs-csi-driver');
    assert.deepEqual(valuesIn('storage'), { defaultStorageClass: { enabled: true } });
    assert.equal(addon('identity').addon_name, 'eks-pod-identity-agent');
    const { references } = planOf('aws', true);
    const role = references('aws_eks_addon.storage', 'pod_identity_association');
    assert.ok(role.includes('aws_iam_role.storage.arn'));
    assert.ok(
      references('aws_iam_role.storage', 'assume_role_policy').includes('aws_eks_cluster.main.arn'),
      'for this cluster alone',
    );
    assert.match(
      String(one('aws', 'aws_iam_role_policy_attachment.storage').policy_arn),
      /AmazonEBSCSIDriverPolicy$/,
    );
    const subnets = [...planOf('aws', true).resources].filter(([name]) => name.startsWith('aws_subnet.'));
    const reached = subnets.filter(([, { tags }]) => (tags as Fields)['kubernetes.io/role/elb'] === '1');
    assert.deepEqual([subnets.length, reached.length], [4, 2]);
    assert.equal(one('aws', 'aws_instance.jump').user_data_replace_on_change, true);
  });

  test('azure: the cluster has a name that peers of the VPN can resolve, a right on its subnet, and enforces network policies', () => {
    const cluster = one('azure', 'azurerm_kubernetes_cluster.main');
    assert.equal(cluster.private_cluster_public_fqdn_enabled, true);
    assert.equal(block(cluster, 'network_profile').network_policy, 'calico');
    const { references } = planOf('azure', true);
    assert.ok(references('azurerm_role_assignment.nodes', 'scope').includes('azurerm_subnet.nodes.id'));
    assert.equal(one('azure', 'azurerm_role_assignment.nodes').role_definition_name, 'Network Contributor');
    assert.equal((one('azure', 'azurerm_linux_virtual_machine.jump').boot_diagnostics as []).length, 1);
  });

  test('hetzner: every server has its address in the private network, and keeps it', () => {
    const inside = ['jump', 'nodes[0]', 'nodes[1]'].map((name) =>
      block(one('hetzner', `hcloud_server.${name}`), 'network'),
    );
    assert.deepEqual(inside.map(field('ip')), ['10.42.0.2', '10.42.1.0', '10.42.1.1']);
    for (const { alias_ips } of inside) assert.deepEqual(alias_ips, []);
  });
});

/** What gives machines addresses. */
const GIVES =
  /^(google_compute_subnetwork|google_container_cluster|aws_subnet|azurerm_subnet|digitalocean_vpc|hcloud_network_subnet)\./;

function planOf(cloud: Cloud, reached: boolean): Planned {
  const found = plans.get(`${cloud} ${reached}`);
  assert.ok(found !== undefined);
  return found;
}

function one(cloud: Cloud, address: string): Fields {
  const found = planOf(cloud, true).resources.get(address);
  assert.ok(found !== undefined, `${cloud} has no ${address}`);
  return found;
}

function everythingOf(cloud: Cloud, reached: boolean): Fields {
  return Object.fromEntries(planOf(cloud, reached).resources);
}

function scriptOf(cloud: Cloud): string {
  const places: Readonly<Record<Cloud, readonly [string, string]>> = {
    gcp: ['google_compute_instance.jump', 'metadata_startup_script'],
    aws: ['aws_instance.jump', 'user_data'],
    azure: ['azurerm_linux_virtual_machine.jump', 'custom_data'],
    digitalocean: ['digitalocean_droplet.jump', 'user_data'],
    hetzner: ['hcloud_server.jump', 'user_data'],
  };
  const [address, field] = places[cloud];
  const text = String(one(cloud, address)[field]);
  return cloud === 'azure' ? Buffer.from(text, 'base64').toString('utf8') : text;
}

/** Texts of the smallest objects that open a port. */
function rulesWithPort(value: unknown, port: number): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap((each) => rulesWithPort(each, port));
  if (inner.length > 0)
    return inner.length === 1 && 'source_ranges' in value ? [JSON.stringify(value)] : inner;
  const own = Object.entries(value).some(
    ([key, each]) => /port/.test(key) && (each === port || JSON.stringify(each).includes(`"${port}"`)),
  );
  return own ? [JSON.stringify(value)] : [];
}
