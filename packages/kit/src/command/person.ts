import { userInfo } from 'node:os';
import type { Io } from './io.ts';

/** The user who runs this command, for records and logs; behind sudo both, for example `ada as polkadot`. */
export function personOf({ env }: Pick<Io, 'env'>): string {
  const { username } = userInfo();
  const behind = env.SUDO_USER;
  return behind === undefined || behind === '' || behind === username ? username : `${behind} as ${username}`;
}
