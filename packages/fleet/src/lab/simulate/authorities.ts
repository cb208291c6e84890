import { bytesOfHex, hexOf, NodeFault, type ScaleReader, scaleReader, storageKey } from '@watchbill/chain';
import { isRecord, type JsonRecord } from '@watchbill/kit';
import { SimulationFault } from './simulate-fault.ts';

/** The keys of one kind with which a chain begins. */
export interface GenesisAuthorities {
  /** Type of the session key, as a keystore names it. */
  readonly type: 'babe' | 'aura' | 'gran';
  /** Public keys, `0x…`, in the order of the chain. */
  readonly keys: readonly string[];
}

const KEY_BYTES = 32;
const key = (reader: ScaleReader): string => hexOf(reader.fixed(KEY_BYTES));
const weighted = (reader: ScaleReader): readonly string[] =>
  reader.list(() => {
    const one = key(reader);
    reader.u64();
    return one;
  });

/**
 * The storage keys of authorities: those of pallets, and the well-known key of GRANDPA from before its list
 * moved into the pallet.
 */
const PLACES: readonly {
  readonly type: GenesisAuthorities['type'];
  readonly at: string;
  readonly read: (reader: ScaleReader) => readonly string[];
}[] = [
  { type: 'babe', at: storageKey('Babe', 'Authorities'), read: weighted },
  { type: 'aura', at: storageKey('Aura', 'Authorities'), read: (reader) => reader.list(() => key(reader)) },
  { type: 'gran', at: storageKey('Grandpa', 'Authorities'), read: weighted },
  {
    type: 'gran',
    at: `0x${Buffer.from(':grandpa_authorities').toString('hex')}`,
    read: (reader) => {
      // The version of the list.
      reader.u8();
      return weighted(reader);
    },
  },
];

/**
 * The authorities in the storage of a raw specification. A missing or empty list is left out: then that kind
 * is unknown. Throws a {@link SimulationFault} if one is unreadable.
 */
export function authoritiesOf(spec: JsonRecord): readonly GenesisAuthorities[] {
  const { genesis } = spec;
  const raw = isRecord(genesis) && isRecord(genesis.raw) ? genesis.raw : null;
  if (raw === null || !isRecord(raw.top))
    throw new SimulationFault(
      'spec',
      'the specification has no storage in genesis.raw.top',
      'check what `build-spec --raw` of the node prints for it',
    );
  const { top } = raw;
  return PLACES.flatMap(({ type, at, read }) => {
    const value = top[at];
    if (typeof value !== 'string') return [];
    const keys = decoded(type, value, read);
    return keys.length === 0 ? [] : [{ type, keys }];
  });
}

function decoded(
  type: string,
  value: string,
  read: (reader: ScaleReader) => readonly string[],
): readonly string[] {
  const what = `the list of ${type} authorities`;
  try {
    const reader = scaleReader(bytesOfHex(value, what), what);
    const keys = read(reader);
    reader.end();
    return keys;
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    throw new SimulationFault(
      'spec',
      `the genesis cannot be read: ${error.message}`,
      'build the specification again',
      error,
    );
  }
}
