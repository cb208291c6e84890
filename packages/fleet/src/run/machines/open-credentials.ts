import type { Clock } from '@watchbill/kit';
import type { Place } from '../../file/graph/index.ts';
import { type Credentials, machineCredentials } from './credentials.ts';
import { sshMachine } from './ssh.ts';

export interface CredentialOptions {
  readonly place: Place & { readonly target: 'machine' };
  readonly network: string;
  /** Null: that of the user. */
  readonly sshConfigFile: string | null;
  readonly clock: Clock;
}

const TIMEOUT_MS = 120_000;

/** The credentials of a machine over ssh. Does not connect yet. */
export function openCredentials(options: CredentialOptions): Credentials & { readonly close: () => void } {
  const { place, network, sshConfigFile: configFile, clock } = options;
  const { host, port, user } = place;
  const machine = sshMachine({ host, port, user, configFile, timeoutMs: TIMEOUT_MS, clock });
  return { ...machineCredentials(machine.run, network), close: machine.close };
}
