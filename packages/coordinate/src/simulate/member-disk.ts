import type { Prng } from './prng.ts';

/** The disk of a member: its stored texts, of which a crash may lose the newest ones. */
export interface MemberDisk {
  /** False if the disk is broken. */
  store(text: string): boolean;
  newest(): string | undefined;
  /** The process ended in the middle of its work. */
  crash(): void;
  setBroken(isBroken: boolean): void;
}

/** The most stores that an unreliable disk may lose. */
const FORGOTTEN_STORES = 6;

export function memberDisk(isDurable: boolean, prng: Prng): MemberDisk {
  const stores: string[] = [];
  let broken = false;
  return {
    store: (text) => {
      if (broken) return false;
      stores.push(text);
      if (stores.length > FORGOTTEN_STORES + 1) stores.shift();
      return true;
    },
    newest: () => stores.at(-1),
    crash: () => {
      if (!isDurable) stores.splice(Math.max(0, stores.length - prng.between(0, FORGOTTEN_STORES)));
    },
    setBroken: (isBroken) => {
      broken = isBroken;
    },
  };
}
