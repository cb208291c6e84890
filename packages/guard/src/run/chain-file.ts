import { join } from 'node:path';
import { GuardFault } from '../fault.ts';
import type { NamedChain } from '../node/named-chain.ts';
import { membersOf, stateFile } from '../state-file.ts';

function chainOf(value: unknown): NamedChain | null {
  const { genesis, name, ...more } = membersOf(value);
  if (typeof genesis !== 'string' || !/^0x[0-9a-f]{64}$/.test(genesis) || typeof name !== 'string')
    return null;
  return Object.keys(more).length === 0 ? { genesis, name } : null;
}

/**
 * The chain for which this machine keeps its marks: a slot of another chain is another number. For example
 * `{"genesis":"0x91b1…","name":"Polkadot"}` in `/var/lib/watchbill-guard/chain.json`. Null before the first
 * answer of the own node. Throws if the file is damaged.
 */
export function chainFile(folder: string) {
  const path = join(folder, 'chain.json');
  const { read, write } = stateFile(path, chainOf, () => {
    const remedy = 'remove it if the guard and its node are of one chain: the guard writes it again';
    throw new GuardFault('state', `${path} names no chain`, remedy);
  });
  /** `place` is for errors. */
  return { place: path, read, write: ({ genesis, name }: NamedChain): void => write({ genesis, name }) };
}

export type ChainFile = ReturnType<typeof chainFile>;
