// The modules of deploy/terraform, with rendered values, in the real OpenTofu. The providers of today's
// clouds are not here: a provider of ours serves what is written down of them, and keeps what is applied
// as files. That shows that a module holds together and says what it means to say to that description; it
// is no evidence of what a cloud answers. For Google there is, beside it, the real provider of August
// 2020.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { startFakeCompute } from './tofu/fake-compute.ts';
import { type TofuGround, tofuGround } from './tofu/ground.ts';
import { plannedOf } from './tofu/plan.ts';
import { CLOUDS, type Cloud, valuesOf } from './tofu/values.ts';

interface Diagnostic {
  readonly summary: string;
  readonly detail: string;
}

/** What `validate` finds, warnings too; but not that the provider is one of ours. */
async function findings(ground: TofuGround): Promise<readonly string[]> {
  await ground.ends(0, 'get');
  const { stdout, stderr } = await ground.tofu('validate', '-json');
  assert.notEqual(stdout, '', stderr);
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] };
  return diagnostics
    .filter(({ summary }) => summary !== 'Provider development overrides are in effect')
    .map(({ summary, detail }) => `${summary}: ${detail}`);
}

/** 0: nothing would change; 2: something would; all else is a failure. */
const planned = ({ ends }: TofuGround, wanted: 0 | 2, ...args: readonly string[]): Promise<string> =>
  ends(wanted, 'plan', '-detailed-exitcode', '-input=false', '-no-color', ...args);

/** Files of the folder that stands for the cloud. */
function resourcesIn({ cloud }: TofuGround): readonly string[] {
  return readdirSync(cloud, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
}

/** Machines of the cluster by what was applied. Google makes as many in each zone, and a region has three. */
function workersIn({ cloud }: TofuGround): number {
  const applied = (type: string): readonly Applied[] => {
    const folder = join(cloud, type);
    const files = existsSync(folder) ? readdirSync(folder) : [];
    return files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Applied);
  };
  const [google] = applied('google_container_node_pool');
  if (google !== undefined) return Number(google.node_count) * (google.node_locations?.length ?? 3);
  const [pool] = [
    ...applied('aws_eks_node_group').flatMap(({ scaling_config }) => scaling_config ?? []),
    ...applied('azurerm_kubernetes_cluster').flatMap(({ default_node_pool }) => default_node_pool ?? []),
    ...applied('digitalocean_kubernetes_cluster').flatMap(({ node_pool }) => node_pool ?? []),
  ];
  const servers = applied('hcloud_server').filter(({ server_type }) => server_type === 'machine-big');
  return pool === undefined ? servers.length : Number(pool.desired_size ?? pool.node_count);
}

type Counts = Readonly<Partial<Record<'node_count' | 'desired_size', number>>>;
type Pools = Readonly<
  Partial<Record<'scaling_config' | 'default_node_pool' | 'node_pool', readonly Counts[]>>
>;
interface Applied extends Pools, Counts {
  readonly node_locations?: readonly string[];
  readonly server_type?: string;
}

/** What lets administrators in is opened to the world by hand. Its type. */
function openBySomebody(ground: TofuGround): string {
  for (const name of resourcesIn(ground)) {
    const file = join(ground.cloud, name);
    const text = readFileSync(file, 'utf8');
    if (!text.includes('198.51.100.0/24')) continue;
    writeFileSync(file, text.replaceAll('198.51.100.0/24', '0.0.0.0/0'));
    return name.split('/')[0] ?? '';
  }
  throw new Error('nothing lets administrators in');
}

async function life(context: TestContext, cloud: Cloud): Promise<void> {
  const ground = tofuGround(context, cloud);
  ground.write(valuesOf(cloud, false));
  assert.deepEqual(await findings(ground), []);
  const closed = (await plannedOf(ground)).resources.size;
  ground.write(valuesOf(cloud, true));
  const { resources } = await plannedOf(ground);
  assert.ok(resources.size >= closed);
  await ground.ends(0, 'apply', '-input=false', 'plan');
  assert.equal(resourcesIn(ground).length, resources.size);
  assert.equal(workersIn(ground), 2);
  await planned(ground, 0);
  const changed = openBySomebody(ground);
  const [lost = ''] = resourcesIn(ground).filter((name) => !name.startsWith(changed));
  rmSync(join(ground.cloud, lost));
  const drift = await planned(ground, 2, '-out=drift');
  assert.match(drift, new RegExp(`${changed}\\.\\S+ will be updated`));
  assert.match(drift, new RegExp(`${lost.split('/')[0]}\\.\\S+ will be created`));
  await ground.ends(0, 'apply', '-input=false', 'drift');
  await planned(ground, 0);
  await ground.ends(0, 'destroy', '-input=false', '-auto-approve');
  assert.deepEqual(resourcesIn(ground), []);
}

describe('with what is written down of each provider', { concurrency: 2 }, () => {
  for (const cloud of CLOUDS)
    test(`${cloud}: valid, applied, empty the second time, drift is seen and put right, destroyed`, (context) =>
      life(context, cloud));

  test('a mistake in a module is found', async (context) => {
    const wrong: readonly (readonly [string | RegExp, string, RegExp])[] = [
      ['ip_range =', 'ip_rnage =', /ip_rnage/],
      [/resource "digitalocean_vpc"[^}]*\}/, '', /undeclared resource/],
      [/(resource "digitalocean_vpc" "main" \{\n.*\n) *region .*\n/, '$1', /"region" is required/],
      [
        /(resource "digitalocean_vpc" "main" \{\n) *name .*/,
        '$1  name = digitalocean_droplet.jump.name',
        /Cycle/,
      ],
      [/ssh_keys .*/, 'ssh_keys = { a = 1 }', /ssh_keys/],
    ];
    for (const [text, by, seen] of wrong) {
      const ground = tofuGround(context, 'digitalocean');
      ground.write(valuesOf('digitalocean', true));
      assert.deepEqual(await findings(ground), []);
      ground.edit(text, by);
      assert.match((await findings(ground)).join('\n'), seen);
    }
  });

  test('administrators are never the whole world', async (context) => {
    const ground = tofuGround(context, 'hetzner');
    ground.write({ ...valuesOf('hetzner', true), admin_cidrs: ['0.0.0.0/0'] });
    await ground.ends(0, 'get');
    const said = await ground.ends(1, 'plan', '-input=false', '-no-color');
    assert.match(said, /addresses of administrators/);
  });
});

test('the real provider of Google, of 2020: what it does not know yet is known, all else is valid and planned; a firewall lives', async (context) => {
  const api = await startFakeCompute(context);
  const ground = tofuGround(context, 'gcp', {
    provider: 'google',
    env: { GOOGLE_OAUTH_ACCESS_TOKEN: 'none', GOOGLE_COMPUTE_CUSTOM_ENDPOINT: api.url },
  });
  ground.write(valuesOf('gcp', true));
  const today = await findings(ground);
  assert.equal(today.length, 3, today.join('\n'));
  for (const name of ['"deletion_protection"', '"identity_namespace" is required', '"workload_pool"'])
    assert.ok(
      today.some((finding) => finding.includes(name)),
      `${name}: ${today.join('\n')}`,
    );
  // In the words of that time.
  ground.edit(/ *deletion_protection .*\n/, '');
  ground.edit('workload_pool =', 'identity_namespace =');
  assert.deepEqual(await findings(ground), []);
  const said = await planned(ground, 2);
  const written = readFileSync(join(ground.work, 'main.tf'), 'utf8').match(/^resource /gm)?.length;
  assert.match(said, new RegExp(`Plan: ${written} to add, 0 to change, 0 to destroy`));
  const part = ['-input=false', '-auto-approve', '-target=google_compute_firewall.jump_ssh'];
  await ground.ends(0, 'apply', ...part);
  const rule = 'projects/harbour/global/firewalls/harbour-main-jump-ssh';
  assert.deepEqual([...api.items.keys()].sort(), [rule, 'projects/harbour/global/networks/harbour-main']);
  assert.deepEqual(api.items.get(rule)?.sourceRanges, ['198.51.100.0/24', '2001:db8::/32']);
  await planned(ground, 0, '-target=google_compute_firewall.jump_ssh');
  api.items.set(rule, { ...api.items.get(rule), sourceRanges: ['0.0.0.0/0'] });
  const drift = await planned(ground, 2, '-target=google_compute_firewall.jump_ssh');
  assert.match(drift, /google_compute_firewall\.jump_ssh will be updated/);
  await ground.ends(0, 'apply', ...part);
  assert.deepEqual(api.items.get(rule)?.sourceRanges, ['198.51.100.0/24', '2001:db8::/32']);
  await ground.ends(0, 'destroy', '-input=false', '-auto-approve');
  assert.equal(api.items.size, 0);
});
