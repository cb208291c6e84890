import { rm } from 'node:fs/promises';
import { bytesOfHex, hexOf } from '@watchbill/chain';
import type { FreshSessionKeys } from '@watchbill/chain/extrinsics';
import { z } from 'zod';
import { keepRecord, keptRecord } from '../kept-record.ts';

const hexText = z.string().regex(/^0x([0-9a-f]{2})*$/);
/** All of it is public. */
const record = z.strictObject({ owner: hexText, keys: hexText, proof: hexText });

/** Keys that a node made and that are not set on chain yet. A node returns them only once. */
export interface MadeKeys {
  /** Null if there are none for this owner. */
  load(owner: Uint8Array): Promise<FreshSessionKeys | null>;
  keep(owner: Uint8Array, made: FreshSessionKeys): Promise<void>;
  forget(): Promise<void>;
}

export function madeKeys(file: string): MadeKeys {
  return {
    load: async (owner) => {
      const kept = await keptRecord(record, file);
      if (kept?.owner !== hexOf(owner)) return null;
      return { keys: bytesOfHex(kept.keys, file), proof: bytesOfHex(kept.proof, file) };
    },
    keep: (owner, { keys, proof }) =>
      keepRecord(file, { owner: hexOf(owner), keys: hexOf(keys), proof: hexOf(proof) }),
    forget: () => rm(file, { force: true }),
  };
}
