import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { readNetwork } from '../../compile/read.ts';
import { PROVIDERS, type Provider } from '../../network/infrastructure.ts';
import { fileText } from '../../testing/networks.ts';
import { rendered } from './rendered.ts';

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const SSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFh7DwpNhVq1QfLPEr1l1KxMEDJ0vVwDoFhyFlgA0Vt9 a';
const WIREGUARD = `${'A'.repeat(43)}=`;

/** The values of a boot node's cluster; `open`: peers from outside get to it. */
function valuesOf(
  provider: Provider,
  open: boolean,
  more: object = {},
  exposed: object = {},
): Readonly<Record<string, unknown>> {
  const infrastructure = {
    provider,
    region: 'fsn1',
    machineType: 'big',
    jumpMachineType: 'small',
    jumpImage: 'debian-12',
    cidr: '10.42.0.0/16',
    adminCidrs: ['198.51.100.0/24', '2001:db8::/32'],
    sshPublicKey: SSH,
    wireguard: [{ name: 'a', publicKey: WIREGUARD, address: '10.42.255.2/32' }],
    workers: 4,
    ...more,
  };
  const exposure = open ? { exposure: { p2p: 'load-balancer', ...exposed } } : {};
  const read = readNetwork(
    fileText({
      clusters: { main: { infrastructure }, bare: { context: 'bare' } },
      pools: {
        boot: { role: 'boot', place: 'main', keys: { node: { peerId: PEER } }, ...exposure },
        rpc: { role: 'rpc', place: 'bare' },
      },
    }),
  );
  assert.ok(read.ok, JSON.stringify(read));
  const files = rendered(read.network, read.graph, { format: 'terraform', place: null });
  assert.deepEqual(files.map(field('path')), ['main/terraform.tfvars.json']);
  return JSON.parse(files[0]?.text ?? '') as Readonly<Record<string, unknown>>;
}

test('the values are what the network file says of the cluster', () => {
  assert.deepEqual(valuesOf('hetzner', true), {
    name: 'harbour-main',
    region: 'fsn1',
    workers: 4,
    machine_type: 'big',
    jump_machine_type: 'small',
    jump_image: 'debian-12',
    cidr: '10.42.0.0/16',
    admin_cidrs: ['198.51.100.0/24', '2001:db8::/32'],
    ssh_public_key: SSH,
    wireguard_port: 51820,
    wireguard_peers: [{ name: 'a', public_key: WIREGUARD, address: '10.42.255.2/32' }],
    peer_ports: ['30333', '30000-32767'],
  });
  assert.deepEqual(valuesOf('hetzner', false).peer_ports, [], 'no port without a pool that peers reach');
  assert.deepEqual(
    valuesOf('aws', true, {}, { p2p: 'node-port', nodePort: 30_500 }).peer_ports,
    ['30333', '30500'],
    'a port that the file chooses is opened alone',
  );
  const { project, zone } = valuesOf('gcp', true, { project: 'harbour', zone: 'europe-west3-a' });
  assert.deepEqual([project, zone], ['harbour', 'europe-west3-a']);
});

for (const provider of PROVIDERS)
  test(`${provider}: the module declares the values that are rendered, and no others`, () => {
    const file = new URL(`../../../../../../deploy/terraform/${provider}/variables.tf`, import.meta.url);
    const declared = [...readFileSync(file, 'utf8').matchAll(/^variable "(\w+)"/gm)].map(([, name]) => name);
    assert.deepEqual(declared.sort(), Object.keys(valuesOf(provider, true)).sort());
  });
