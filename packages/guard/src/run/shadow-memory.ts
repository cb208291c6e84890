import type { NamedChain } from '../node/named-chain.ts';
import type { ContinuityToken } from '../restart/continuity.ts';
import type { ChainFile } from './chain-file.ts';
import type { MarkFile, Marks, TokenFile } from './memory.ts';

/** A file of the state that ends with its process. */
export function cell<Value>(value: Value) {
  const at = { value };
  const write = (next: Value): void => {
    at.value = next;
  };
  return { read: () => at.value, write };
}

/** Marks that end with their process: those of a shadow allow no signature. */
export const marksInMemory = (): MarkFile => cell<Marks>({ slot: null, round: null });

export const chainInMemory = (): ChainFile => ({
  ...{ place: 'the node that answered there before', ...cell<NamedChain | null>(null) },
});

export function tokenInMemory(): TokenFile {
  const { read, write } = cell<ContinuityToken | null>(null);
  return { read, write, remove: () => write(null) };
}
