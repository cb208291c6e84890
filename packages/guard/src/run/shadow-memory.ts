import type { NamedChain } from '../node/named-chain.ts';
import type { ContinuityToken } from '../restart/continuity.ts';
import type { ChainFile } from './chain-file.ts';
import type { MarkFile, TokenFile } from './memory.ts';

/** A slot mark that ends with its process: the mark of a shadow allows no signature. */
export function marksInMemory(): MarkFile {
  let mark: bigint | null = null;
  return {
    read: () => mark,
    write: (next) => {
      mark = next;
    },
  };
}

/** The chain of the node that the shadow saw first. */
export function chainInMemory(): ChainFile {
  let chain: NamedChain | null = null;
  return {
    place: 'the node that answered there before',
    read: () => chain,
    write: (next) => {
      chain = next;
    },
  };
}

/** A token that ends with its process. */
export function tokenInMemory(): TokenFile {
  let token: ContinuityToken | null = null;
  return {
    read: () => token,
    write: (next) => {
      token = next;
    },
    remove: () => {
      token = null;
    },
  };
}
