import { readIp, specialKind } from '../address/ip.ts';
import type { nameBook } from './names.ts';
import type { PlaceAnswer, PlaceSource } from './port.ts';

/** Looks up places of nodes by address or DNS name. */
export interface PlaceFinder {
  /** Resolves if all parts can be used. Rejects with the problem and the remedy. */
  readonly check: () => Promise<void>;
  /** Addresses or names by stash key, from the programme's own file; empty without one. */
  readonly ownAddresses: () => Promise<ReadonlyMap<string, string>>;
  /** A place for each, or the reason why there is none. Rejects if the source cannot be used. */
  readonly find: (
    addresses: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, PlaceAnswer>>;
  readonly close: () => Promise<void>;
}

export interface FinderParts {
  readonly source: PlaceSource;
  readonly names: ReturnType<typeof nameBook>;
  readonly ownAddresses: PlaceFinder['ownAddresses'];
}

/** Resolves names, rejects addresses that have no place, and queries the source for the others. */
export function placeFinder({ source, names, ownAddresses }: FinderParts): PlaceFinder {
  return {
    check: async () => {
      await ownAddresses();
      await source.check();
    },
    ownAddresses,
    find: async (addresses, signal) => {
      const asNames = addresses.filter((address) => readIp(address) === null);
      const resolved = await names(asNames, signal);
      const ips = new Map(addresses.map((address) => [address, readIp(resolved.get(address) ?? address)]));
      const plain = [...ips.values()].filter((ip) => ip !== null && specialKind(ip) === null);
      const texts = [...new Set(plain.map((ip) => ip?.text ?? ''))];
      const found = texts.length === 0 ? new Map<string, PlaceAnswer>() : await source.lookUp(texts, signal);
      return new Map([...ips].map(([address, ip]) => [address, answerFor(ip, found)]));
    },
    close: source.close,
  };
}

function answerFor(ip: ReturnType<typeof readIp>, found: ReadonlyMap<string, PlaceAnswer>): PlaceAnswer {
  if (ip === null) return { why: 'the name of its node has no address, or none in time' };
  const special = specialKind(ip);
  if (special !== null) return { why: `its address is ${special}, and belongs to no place` };
  return found.get(ip.text) ?? { why: 'the source did not answer for its address' };
}

/** Caches found places in memory, so that a program is queried once for an address within `keepMs`. */
export function remembering(
  source: PlaceSource,
  { keepMs, most, nowMs }: { readonly keepMs: number; readonly most: number; readonly nowMs: () => number },
): PlaceSource {
  const kept = new Map<string, { readonly answer: PlaceAnswer; readonly untilMs: number }>();
  return {
    ...source,
    lookUp: async (addresses, signal) => {
      for (const [address, { untilMs }] of kept) if (nowMs() >= untilMs) kept.delete(address);
      const fresh = await source.lookUp(
        addresses.filter((address) => !kept.has(address)),
        signal,
      );
      const all = addresses.flatMap((address) => {
        const answer = kept.get(address)?.answer ?? fresh.get(address);
        return answer === undefined ? [] : [[address, answer] as const];
      });
      for (const [address, answer] of fresh)
        if ('place' in answer && kept.size < most) kept.set(address, { answer, untilMs: nowMs() + keepMs });
      return new Map(all);
    },
  };
}
