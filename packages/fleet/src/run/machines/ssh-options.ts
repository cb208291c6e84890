/** The address of a machine, and the login user. */
import type { Clock } from '@watchbill/kit';
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

/** ssh never prompts for a password, and accepts only known hosts. */
export function optionsOf({ port, user, configFile, timeoutMs }: SshSettings): readonly string[] {
  const seconds = Math.max(1, Math.min(15, Math.floor(timeoutMs / 1000)));
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `ConnectTimeout=${seconds}`,
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
  ];
  return [
    ...(configFile === null ? [] : ['-F', configFile]),
    ...options.flatMap((option) => ['-o', option]),
    '-p',
    String(port),
    '-l',
    user,
  ];
}
