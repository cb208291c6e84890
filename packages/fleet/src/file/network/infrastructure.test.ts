import assert from 'node:assert/strict';
import { test } from 'node:test';
import { infrastructure } from './infrastructure.ts';

const INFRASTRUCTURE = {
  provider: 'aws',
  region: 'a',
  machineType: 'b',
  jumpMachineType: 'c',
  jumpImage: 'd',
  cidr: '10.42.0.0/16',
  adminCidrs: ['198.51.100.0/24'],
  sshPublicKey: 'ssh-ed25519 AAAA a',
};
const peer = (address: string, name = 'a'): object => ({ name, publicKey: `${'A'.repeat(43)}=`, address });

for (const [what, more, path] of [
  [
    'a peer that is in the network of another place',
    { wireguard: [peer('10.43.255.2/32')] },
    'wireguard.0.address',
  ],
  [
    'a peer with the address of the jump host',
    { wireguard: [peer('10.42.255.1/32')] },
    'wireguard.0.address',
  ],
  ['a peer outside the range of the VPN', { wireguard: [peer('10.42.1.2/32')] }, 'wireguard.0.address'],
  [
    'two peers with one address',
    { wireguard: [peer('10.42.255.2/32'), peer('10.42.255.2/32')] },
    'wireguard.1.address',
  ],
  ['the last address of the range', { wireguard: [peer('10.42.255.255/32')] }, 'wireguard.0.address'],
  [
    'a name that would be a separate line',
    { wireguard: [peer('10.42.255.2/32', 'a\n[Peer]')] },
    'wireguard.0.name',
  ],
  ['a key that would end its quotes', { sshPublicKey: "ssh-ed25519 A'; id; '" }, 'sshPublicKey'],
  ['two keys', { sshPublicKey: 'ssh-ed25519 AAAA a\nssh-ed25519 AAAA b' }, 'sshPublicKey'],
  ['a network that there is not', { cidr: '10.256.0.0/16' }, 'cidr'],
] as const)
  test(`refused: ${what}`, () => {
    const read = infrastructure.safeParse({ ...INFRASTRUCTURE, ...more });
    assert.deepEqual(
      read.error?.issues.map((issue) => issue.path.join('.')),
      [path],
    );
  });
