import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '@watchbill/kit';
import { readJsonOrNullSync, replaceFileSync } from '@watchbill/kit/files';
import { GuardFault } from '../fault.ts';
import type { NamedChain } from '../node/named-chain.ts';

/** The chain for which this machine keeps its marks: a slot of another chain is another number. */
export interface ChainFile {
  /** For errors. */
  readonly place: string;
  /** Null before the first answer of the own node. Throws if the file is damaged. */
  read(): NamedChain | null;
  /** Returns when the chain survives a power cut. */
  write(chain: NamedChain): void;
}

/** Without zod, whose code every guard would hold. */
function chainOf(value: unknown): NamedChain | null {
  if (typeof value !== 'object' || value === null) return null;
  const { genesis, name, ...more } = value as { readonly genesis?: unknown; readonly name?: unknown };
  if (typeof genesis !== 'string' || !/^0x[0-9a-f]{64}$/.test(genesis) || typeof name !== 'string')
    return null;
  return Object.keys(more).length === 0 ? { genesis, name } : null;
}

/** For example `{"genesis":"0x91b1…","name":"Polkadot"}` in `/var/lib/watchbill-guard/chain.json`. */
export function chainFile(folder: string): ChainFile {
  const path = join(folder, 'chain.json');
  return {
    place: path,
    read: () => {
      if (!existsSync(path)) return null;
      const chain = chainOf(readJsonOrNullSync(path));
      if (chain !== null) return chain;
      const remedy = 'remove it if the guard and its node are of one chain: the guard writes it again';
      throw new GuardFault('state', `${path} names no chain`, remedy);
    },
    write: ({ genesis, name }) =>
      replaceFileSync({ path, text: `${canonicalJson({ genesis, name })}\n`, mode: 0o600 }),
  };
}
