import { StoreFault } from '../port.ts';
import { checkPrefix } from './checks.ts';

/**
 * Names in the store's key space and the bytes they have in a cluster. Names hold no control characters, so a
 * key that begins with one belongs to the store itself; it sorts before every record.
 */
export type KeySpace = ReturnType<typeof keySpace>;

export interface KeyRange {
  readonly start: Uint8Array;
  /** Exclusive; empty: without end. */
  readonly end: Uint8Array;
}

/** The first character that a name can begin with. */
const FIRST_OF_NAMES = ' ';
const LEASES = '\u0001lease/';
/** The least byte string after any other is that string and a zero byte. */
const NEXT_KEY = '\0';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Throws `refused` if the prefix is not valid. */
export function keySpace(root: string) {
  checkPrefix(root);
  const rootBytes = encoder.encode(root);
  const rootLength = rootBytes.length;
  const leasesLength = rootLength + LEASES.length;
  const encode = (key: string): Uint8Array => encoder.encode(root + key);
  const endOf = (prefix: string): Uint8Array => endOfPrefix(encode(prefix)) ?? new Uint8Array();
  return {
    encode,
    /** Bytes to a key without the prefix. Throws `damaged` if the bytes are not a name. */
    decode: (key: Uint8Array): string => {
      try {
        return decoder.decode(key.subarray(rootLength));
      } catch (cause) {
        throw new StoreFault(
          'damaged',
          `a key under the prefix ${JSON.stringify(root)} is not text`,
          'another program writes under this prefix: give each user of the cluster a different prefix',
          cause,
        );
      }
    },
    /** The half-open range of all records with this prefix, or of those after `after`. */
    range: (prefix: string, after?: string): KeyRange => {
      const first = prefix === '' ? FIRST_OF_NAMES : prefix;
      const isBehind = after !== undefined && Buffer.compare(encode(after), encode(first)) >= 0;
      return { start: encode(isBehind ? after + NEXT_KEY : first), end: endOf(prefix) };
    },
    /** The key of the record of a lease. */
    lease: (id: string): Uint8Array => encode(LEASES + id),
    /** All records of leases. */
    leases: (): KeyRange => ({ start: encode(LEASES), end: endOf(LEASES) }),
    /** The id of a lease from the bytes of its key. */
    leaseId: (key: Uint8Array): string => decoder.decode(key.subarray(leasesLength)),
  };
}

/** The least byte string above every string that begins with `prefix`; null if there is none. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array | null {
  for (let index = prefix.length - 1; index >= 0; index -= 1) {
    const byte = prefix[index] ?? 0xff;
    if (byte === 0xff) continue;
    const end = prefix.slice(0, index + 1);
    end[index] = byte + 1;
    return end;
  }
  return null;
}
