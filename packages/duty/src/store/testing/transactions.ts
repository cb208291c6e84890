import fc from 'fast-check';

const value = Uint8Array.of(1);

export function transaction(compared: readonly string[], written: readonly string[], lease?: string) {
  return {
    compares: compared.map((key) => ({ key, value: null })),
    writes: written.map((key) => ({ key, value, ...(lease === undefined ? {} : { lease }) })),
  };
}

const keys = fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 6 });
export const anyTransaction = fc.tuple(keys, keys).map((both) => transaction(...both));
