import type { NamedChain } from '../node/named-chain.ts';
import { damagedFile, membersOf, stateFile } from '../state-file.ts';

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
  const remedy = 'remove it if the guard and its node are of one chain: the guard writes it again';
  const damaged = damagedFile('names no chain', remedy);
  const { path, read, write } = stateFile([folder, 'chain.json'], chainOf, damaged);
  /** `place` is for errors. */
  return { place: path, read, write: ({ genesis, name }: NamedChain): void => write({ genesis, name }) };
}

export type ChainFile = ReturnType<typeof chainFile>;
