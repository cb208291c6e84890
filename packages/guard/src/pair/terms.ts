import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '@watchbill/kit';
import { readJsonOrNullSync, replaceFileSync } from '@watchbill/kit/files';
import { z } from 'zod';
import { GuardFault } from '../fault.ts';
import { wholeNumber } from './record.ts';

/** The terms of its pair that this machine remembers. */
export interface Terms {
  /** The highest term that it has seen in the store: a lower one is a store that went back. */
  readonly seen: bigint;
  /** The last term in which this machine was active; 0 if it never was. */
  readonly active: bigint;
}

/** The durable terms, on disk. */
export interface TermFile {
  /** Zeros without a file. Throws if it is damaged: a guess could take an old term for the present one. */
  read(): Terms;
  /** Returns when the terms survive a power cut. */
  write(terms: Terms): void;
}

const shape = z.strictObject({ seen: wholeNumber, active: wholeNumber });

/** For example `{"active":"7","seen":"8"}` in `/var/lib/watchbill-guard/terms.json`. */
export function termFile(folder: string): TermFile {
  const path = join(folder, 'terms.json');
  return {
    read: () => {
      if (!existsSync(path)) return { seen: 0n, active: 0n };
      const parsed = shape.safeParse(readJsonOrNullSync(path));
      if (parsed.success) return parsed.data;
      const remedy =
        'restore it; or remove it once `watchbill guard pair` shows that another machine is active';
      throw new GuardFault('state', `${path} holds no terms of a pair`, remedy);
    },
    write: (terms) => replaceFileSync({ path, text: `${canonicalJson(terms)}\n`, mode: 0o600 }),
  };
}
