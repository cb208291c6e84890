import type { Clock } from '@watchbill/kit';
import type { SshHost } from '@watchbill/kit/ssh';

/** The address of a machine, and the login user. */
export interface SshSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Null: the user's own (`~/.ssh/config`). */
  readonly configFile: string | null;
  /** For one script. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** The same for ssh. */
export function hostOf({ timeoutMs, ...login }: SshSettings): SshHost {
  return { ...login, connectMs: timeoutMs };
}
