import type { NamedChain } from '../node/named-chain.ts';
import type { ContinuityToken } from '../restart/continuity.ts';
import type { ChainFile } from './chain-file.ts';
import type { MarkFile, Marks, TokenFile } from './memory.ts';

/** Marks that end with their process: those of a shadow allow no signature. */
export function marksInMemory(): MarkFile {
  let marks: Marks = { slot: null, round: null };
  return {
    read: () => marks,
    write: (next) => {
      marks = next;
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
