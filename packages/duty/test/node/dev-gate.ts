// A validator of a development chain behind a gate, the only machine of its keys.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DevName, devPublicKey, type RunningNode, type ServiceProcess } from '@watchbill/testkit';
import { makeToken, setUpIdentity } from '@watchbill/testkit/scenario';

type IdentitySetup = Parameters<typeof setUpIdentity>[1];

/** Flags of the gate; its token is in the folder of the node. */
export const gateArgs =
  (name: string, url: string) =>
  ({ folder }: { readonly folder: string }): readonly string[] => [
    ...['--duty', 'claims', '--duty-node', name, '--duty-service', url],
    ...['--duty-token-file', join(folder, 'token')],
  ];

/** The keys of a development account, for one machine. */
export function identityOfDev(chain: string, who: DevName, name: string): IdentitySetup {
  return {
    chain,
    slotDuty: 'babe',
    slotKey: `0x${devPublicKey(who, 'babe')}`,
    grandpaKey: `0x${devPublicKey(who, 'gran')}`,
    slotMs: 1_000,
    roster: [{ name }],
    observers: ['watcher'],
    wire: 'claims',
    confirmation: 'development keys of a chain that was made a moment ago',
  };
}

export async function giveToken(service: ServiceProcess, { name, folder }: RunningNode): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const token = await makeToken(service, { role: 'node', name });
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
}

/** The keys are adopted, and the node gets its token. */
export async function admit(
  service: ServiceProcess,
  chain: string,
  { who, node, changes = {} }: { who: DevName; node: RunningNode; changes?: Partial<IdentitySetup> },
): Promise<void> {
  await setUpIdentity(service, { ...identityOfDev(chain, who, node.name), ...changes });
  await giveToken(service, node);
}
