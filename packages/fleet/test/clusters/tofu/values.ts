import assert from 'node:assert/strict';
import { readNetwork, rendered } from '@watchbill/fleet/file';
import type { JsonRecord } from '@watchbill/kit';

export const CLOUDS = ['gcp', 'aws', 'azure', 'digitalocean', 'hetzner'] as const;
export type Cloud = (typeof CLOUDS)[number];

/** What differs between clouds in a network file. */
const REGIONS: Readonly<Record<Cloud, JsonRecord>> = {
  gcp: { region: 'europe-west3', project: 'harbour', jumpImage: 'debian-cloud/debian-12' },
  aws: { region: 'eu-central-1', jumpImage: 'ami-0123456789abcdef0' },
  azure: { region: 'westeurope', jumpImage: 'Debian:debian-12:12:latest' },
  digitalocean: { region: 'fra1', jumpImage: 'debian-12-x64' },
  hetzner: { region: 'fsn1', jumpImage: 'debian-12' },
};

const PEER_ID = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

/** The values that are rendered for a cluster; `reached`: peers from outside get to its boot nodes. */
export function valuesOf(cloud: Cloud, reached: boolean): JsonRecord {
  const infrastructure = {
    provider: cloud,
    ...REGIONS[cloud],
    machineType: 'machine-big',
    jumpMachineType: 'machine-small',
    workers: 2,
    cidr: '10.42.0.0/16',
    adminCidrs: ['198.51.100.0/24', '2001:db8::/32'],
    sshPublicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFh7DwpNhVq1QfLPEr1l1KxMEDJ0vVwDoFhyFlgA0Vt9 a',
    wireguard: [{ name: 'a', publicKey: `${'A'.repeat(43)}=`, address: '10.42.255.2/32' }],
  };
  const boot = {
    role: 'boot',
    keys: { node: { peerId: PEER_ID } },
    ...(reached ? { exposure: { p2p: 'load-balancer' } } : {}),
  };
  const read = readNetwork(
    JSON.stringify({
      format: 'watchbill/network/1',
      name: 'harbour',
      chain: { name: 'westend' },
      clusters: { main: { infrastructure } },
      defaults: { software: { image: `registry.invalid/node@sha256:${'ab'.repeat(32)}`, sdk: 'stable2509' } },
      pools: { boot },
    }),
  );
  assert.ok(read.ok, JSON.stringify(read));
  const files = rendered(read.network, read.graph, { format: 'terraform', place: null });
  assert.equal(files.length, 1);
  return JSON.parse(files[0]?.text ?? '') as JsonRecord;
}
