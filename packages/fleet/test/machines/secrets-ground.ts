// What the nodes of the tests of secrets need, and a program in the place of a node that says what it was
// given.

import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BootedMachines } from '@watchbill/testkit/machines/booted';

/** Values of this run alone, by entry. */
export const SECRETS = {
  token: `token-${randomBytes(16).toString('hex')}`,
  babe: `0x${randomBytes(32).toString('hex')}`,
  gran: `0x${randomBytes(32).toString('hex')}`,
  key: randomBytes(32).toString('hex'),
};

/** Secrets and entries that the signer needs. */
export const ENTRIES = [
  ['signer-iron-0-duty', 'token'],
  ['signer-iron-0-keys', 'babe'],
  ['signer-iron-0-keys', 'gran'],
  ['signer-iron-0-node', 'key'],
] as const;

/**
 * In place of a node: puts into its keystore what a seed file says, writes down what it was given, and stays.
 */
const PROGRAM = `#!/bin/sh
for word; do case $word in
  --name=*) name=\${word#*=} ;;
  --suri=*) file=\${word#*=} ;;
  --keystore-path=*) keystore=\${word#*=} ;;
  --key-type=*) type=\${word#*=} ;;
  --duty-token-file=*) token=\${word#*=} ;;
  --node-key-file=*) key=\${word#*=} ;;
esac; done
case "$1 $2" in
  'key insert') sha256sum < "$file" > "$keystore/$type"; exit ;;
  'key generate-node-key') for last; do :; done; echo born > "$last"; exit ;;
esac
given=/var/lib/watchbill/pier/$name/data/given
# Whoever sees the file sees all of it.
{ id -un; sha256sum < "\${token:-/dev/null}"; sha256sum < "$key"; stat -c '%a %U' "\${keystore:-/}"; cat "$keystore"/*
  for folder in /run/credentials /run/watchbill-fleet; do echo "$folder: $(ls -A "$folder" 2>/dev/null)"; done
} > "$given.new"
mv "$given.new" "$given"
exec sleep infinity
`;

/** The beginning of a network file, up to its pools: the program above runs in place of a node. */
export function networkWithProgram(
  { folder }: Pick<BootedMachines, 'folder'>,
  hosts: Readonly<Record<string, string>>,
): string {
  const source = join(folder, 'node');
  writeFileSync(source, PROGRAM);
  chmodSync(source, 0o755);
  const sha256 = createHash('sha256').update(PROGRAM).digest('hex');
  return `format: watchbill/network/1
name: pier
chain: {name: westend}
machines:
${Object.entries(hosts)
  .map(([name, host]) => `  ${name}: {host: ${host}}`)
  .join('\n')}
defaults:
  software:
    binary: {source: ${source}, sha256: ${sha256}}
    command: polkadot
    sdk: stable2509
pools:
`;
}

/** A signer with everything from secrets, and a node that needs none, on the machine `iron`. */
export function writeNetwork(ground: BootedMachines): void {
  const hosts = Object.fromEntries(ground.machines.map(({ name, address }) => [name, address]));
  writeFileSync(
    join(ground.folder, 'network.yaml'),
    `${networkWithProgram(ground, hosts)}  signer:
    role: validator
    place: iron
    keys:
      session: {source: secret, secret: '{node}-keys', types: {babe: sr25519, gran: ed25519}}
      node: {source: secret, secret: '{node}-node'}
    duty: {services: ['https://watch:8443'], secret: '{node}-duty'}
  other: {role: archive, place: iron, ports: {p2p: 30500, rpc: 9960, metrics: 9700}}
`,
  );
}
