import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFileSync, readJsonOrNullSync, replaceFileSync } from '@watchbill/kit/files';
import type { PublicKey } from '../custody/key-name.ts';
import { GuardFault } from '../fault.ts';
import type { Allowance, RotationState } from './parts.ts';
import type { Verdict } from './verdict.ts';

export interface KeyStatus extends PublicKey {
  readonly state: Verdict['state'];
  readonly say: string;
  /** On a spare: the stash whose key it is. */
  readonly validator?: string;
}

/** The status that a running guard writes for `watchbill guard status`. */
export interface GuardStatus {
  readonly pid: number;
  /** Process id of the node; null while there is none. */
  readonly node: number | null;
  /**
   * When this was written, in milliseconds since 1970. A status that is old belongs to a guard that hangs.
   */
  readonly atMs: number;
  readonly rotation: RotationState;
  readonly keys: readonly KeyStatus[];
}

export type RuntimeFolder = ReturnType<typeof runtimeFolder>;

/**
 * The folder in memory that a guard and its commands share: placed keys, token, status, a person's allowance.
 */
export function runtimeFolder(path: string) {
  const at = (name: string): string => join(path, name);
  const [status, allowance, announcement] = [at('status.json'), at('allow.json'), at('rotate.json')];
  return {
    path,
    keystore: at('keystore'),
    writeStatus: (value: GuardStatus): void =>
      replaceFileSync({ path: status, text: `${JSON.stringify(value)}\n`, mode: 0o600 }),
    /** Null if no guard has written one. */
    readStatus: (): GuardStatus | null => readJsonOrNullSync(status) as GuardStatus | null,
    /** Leaves an allowance for the guard. Throws if one waits already. */
    allow: (value: Allowance): void => {
      if (existsSync(allowance)) {
        const what = 'an allowance is waiting already';
        throw new GuardFault('state', what, 'see `watchbill guard status`', undefined, 'denied');
      }
      createFileSync({ path: allowance, text: `${JSON.stringify(value)}\n`, mode: 0o600 });
    },
    /** Takes the allowance: the next call gives null. One for another validator of a spare stays. */
    takeAllowance: (validator: string | null): Allowance | null => {
      if (!existsSync(allowance)) return null;
      const value = readJsonOrNullSync(allowance) as Allowance | null;
      if ((value?.validator ?? null) !== validator) return null;
      rmSync(allowance, { force: true });
      return value;
    },
    /** Announces new session keys to the guard. */
    announce: (): void => replaceFileSync({ path: announcement, text: '{}\n', mode: 0o600 }),
    /** Takes the announcement: the next call gives false. */
    takeAnnouncement: (): boolean => {
      const isThere = existsSync(announcement);
      if (isThere) rmSync(announcement);
      return isThere;
    },
  };
}
