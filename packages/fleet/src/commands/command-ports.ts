import { dirname, join, resolve } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import type { FleetPorts, OpenCredentials, OpenTargets, SecretPorts } from '../run/operations/index.ts';

/** Folder beside the network file, for plans and their journals. */
export const STATE_FOLDER = '.watchbill-fleet';

export interface StateFlags {
  readonly file: string;
  readonly state?: string;
}

export interface TargetFlags {
  readonly kubeconfig?: string;
  readonly sshConfig?: string;
}

export function addTargetOptions(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'kubeconfig with the contexts of the clusters (default: the one that kubectl uses)',
    )
    .option('--ssh-config <file>', 'configuration of ssh for the machines (default: yours)');
}

export function stateFolder(io: Io, { file, state }: StateFlags): string {
  return state === undefined ? join(dirname(resolve(io.cwd, file)), STATE_FOLDER) : resolve(io.cwd, state);
}

/** The ports of the operations, opened by the flags. */
export async function portsOf(io: Io, flags: StateFlags & TargetFlags): Promise<FleetPorts> {
  const { createFileMemory } = await import('../run/operations/index.ts');
  return {
    clock: io.clock,
    memory: createFileMemory(stateFolder(io, flags)),
    openTargets: await openerOf(io, flags),
  };
}

/** The way to clusters and machines alone. */
export async function openerOf(
  { clock, cwd, env }: Io,
  { kubeconfig, sshConfig }: TargetFlags,
): Promise<OpenTargets> {
  const { createTargetOpener } = await import('../run/operations/index.ts');
  return createTargetOpener({ clock, cwd, env, kubeconfig, sshConfig });
}

/** The ports of the operations that change the secrets of machines. */
export async function secretPortsOf(io: Io, flags: Pick<TargetFlags, 'sshConfig'>): Promise<SecretPorts> {
  const [openTargets, openCredentials] = await Promise.all([openerOf(io, flags), credentialsOf(io, flags)]);
  return { clock: io.clock, openTargets, openCredentials };
}

/** The way to the credentials of machines. */
export async function credentialsOf(
  { clock, cwd }: Io,
  { sshConfig }: Pick<TargetFlags, 'sshConfig'>,
): Promise<OpenCredentials> {
  const { createCredentialOpener } = await import('../run/operations/index.ts');
  return createCredentialOpener({ clock, cwd, sshConfig });
}
