import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROVIDERS, type Provider } from '../../../network/infrastructure.ts';
import { block, type Module, moduleOf, one } from './fixture-module.ts';
import { literal } from './scene.ts';

for (const provider of PROVIDERS) {
  test(`${provider}: every reference leads to a resource of the module`, () => {
    const { text, module } = moduleOf(provider, true);
    const references = [
      ...text.matchAll(/(?<!\$)\$\{(?:base64encode\()?((?:data\.)?[a-z0-9_]+)\.([a-z0-9_]+)[.[]/g),
    ];
    assert.ok(references.length > 3);
    for (const [, type = '', name = ''] of references) {
      if (type === 'count') continue;
      const found = type.startsWith('data.') ? module.data?.[type.slice(5)] : module.resource[type];
      assert.ok(found?.[name] !== undefined, `${type}.${name}`);
    }
    const [local] = Object.keys(module.terraform.required_providers);
    assert.deepEqual(Object.keys(module.provider), [local]);
    const prefixes = new Set(Object.keys(module.resource).map((type) => type.split('_')[0]));
    assert.equal(prefixes.size, 1, 'resources of one provider');
  });

  test(`${provider}: a jump host with the VPN is the way in, and ssh is open to administrators alone`, () => {
    const { text, module } = moduleOf(provider, false);
    assert.ok(
      text.includes('wg genkey > /etc/wireguard/private.key'),
      'the key of the VPN is born on the jump host',
    );
    assert.ok(!/PrivateKey =/.test(text));
    assert.ok(module.output.jump_host !== undefined);
    assert.ok(text.includes('198.51.100.0/24'));
    for (const rule of rulesWithPort(module, 22)) assert.ok(!/0\.0\.0\.0\/0|"::\/0"/.test(rule), rule);
    assert.ok(rulesWithPort(module, 22).length > 0);
    assert.ok(!/99(44|33)/.test(JSON.stringify(module.resource)), 'no port of an RPC is opened');
  });

  test(`${provider}: peers get in only where a pool is reached from outside`, () => {
    assert.ok(!moduleOf(provider, false).text.includes('30333'));
    assert.ok(moduleOf(provider, true).text.includes('30333'));
  });

  test(`${provider}: as many machines as are asked for, in all`, () => {
    assert.equal(workersOf(moduleOf(provider, true).module, provider), 4);
  });

  test(`${provider}: the host gets the whole script and no secret`, () => {
    const { text, module } = moduleOf(provider, true);
    assert.equal(scriptIn(module, provider), scriptIn(moduleOf('hetzner', true).module, 'hetzner'));
    assert.doesNotMatch(text, /PRIVATE KEY|[Pp]rivate_?[Kk]ey["']?\s*[:=]|password["']?\s*[:=]/);
  });

  test(`${provider}: the addresses of the VPN are given to nobody else`, () => {
    const { resource } = moduleOf(provider, true, { wireguard: [] }).module;
    const ranges = GIVEN_OUT.flatMap((type) => [
      ...JSON.stringify(resource[type] ?? {}).matchAll(/"10\.42\.(\d+)\.0\/(\d+)"/g),
    ]);
    assert.ok(ranges.length > 0);
    for (const [range, third, bits] of ranges)
      assert.ok(Number(third) + 2 ** Math.max(0, 24 - Number(bits)) <= 255, range);
  });

  test(`${provider}: the module is the same each time`, () => {
    assert.equal(moduleOf(provider, true).text, moduleOf(provider, true).text);
  });
}

/** What gives machines addresses. */
const GIVEN_OUT = [
  'google_compute_subnetwork',
  'google_container_cluster',
  'aws_subnet',
  'azurerm_subnet',
  'digitalocean_vpc',
  'hcloud_network_subnet',
];

/** Machines that a cloud would make. Google counts them per zone: https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters */
function workersOf(module: Module, provider: Provider): unknown {
  if (provider === 'gcp') {
    const pool = one(module, 'google_container_node_pool');
    const zones = pool.node_locations as readonly string[] | undefined;
    return (pool.node_count as number) * (zones?.length ?? 3);
  }
  if (provider === 'aws') return block(one(module, 'aws_eks_node_group'), 'scaling_config').desired_size;
  if (provider === 'azure')
    return block(one(module, 'azurerm_kubernetes_cluster'), 'default_node_pool').node_count;
  if (provider === 'digitalocean')
    return block(one(module, 'digitalocean_kubernetes_cluster'), 'node_pool').node_count;
  return one(module, 'hcloud_server', 'nodes').count;
}

function scriptIn(module: Module, provider: Provider): string {
  const places: Readonly<Record<Provider, readonly [string, string]>> = {
    gcp: ['google_compute_instance', 'metadata_startup_script'],
    aws: ['aws_instance', 'user_data'],
    azure: ['azurerm_linux_virtual_machine', 'custom_data'],
    digitalocean: ['digitalocean_droplet', 'user_data'],
    hetzner: ['hcloud_server', 'user_data'],
  };
  const [type, field] = places[provider];
  const text = String(one(module, type, 'jump')[field]);
  const inner = /^\$\{base64encode\((.*)\)\}$/s.exec(text)?.[1];
  return inner === undefined ? text : String(JSON.parse(inner));
}

test('the script shuts root out only after the user got in, and hides every peer behind the host', () => {
  const script = scriptIn(moduleOf('hetzner', false).module, 'hetzner');
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
    places.toSorted((a, b) => a - b),
  );
  assert.match(
    script,
    /iifname "wg0" oifname != "wg0" ip saddr 10\.42\.255\.0\/24 ip daddr 10\.42\.0\.0\/16 accept/,
  );
  assert.match(script, /AllowedIPs = 10\.42\.255\.2\/32/);
  assert.ok(!script.includes("Vt9 a'"), 'the comment of the key is left out');
});

/** Texts of the smallest objects that open a port. */
function rulesWithPort(value: unknown, port: number): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap((one) => rulesWithPort(one, port));
  if (inner.length > 0)
    return inner.length === 1 && 'source_ranges' in value ? [JSON.stringify(value)] : inner;
  const own = Object.entries(value).some(
    ([key, one]) => /port/.test(key) && (one === port || JSON.stringify(one).includes(`"${port}"`)),
  );
  return own ? [JSON.stringify(value)] : [];
}

test('a text of ours is no expression of Terraform', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how it begins there
  assert.equal(literal('a ${b} %{c}'), 'a $${b} %%{c}');
});
