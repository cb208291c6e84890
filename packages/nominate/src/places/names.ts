import { Resolver } from 'node:dns/promises';
import type { Clock } from '@watchbill/kit';
import { readIp } from '../address/ip.ts';
import { deadline } from '../time/deadline.ts';

/** The addresses of DNS names; null for a name without one, or without an answer in time. */
export type ResolveName = (name: string, signal: AbortSignal) => Promise<readonly string[] | null>;

const MOST_ADDRESSES = 16;

/** Queries the name servers of this machine, or the given ones, with a timeout of `timeoutMs`. */
export function nameResolver(timeoutMs: number, servers: readonly string[] | null = null): ResolveName {
  return async (name, signal) => {
    // One resolver for each name, because cancelling a resolver ends all of its queries.
    const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 2), tries: 2 });
    if (servers !== null) resolver.setServers([...servers]);
    const cancel = (): void => resolver.cancel();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    limited.addEventListener('abort', cancel, { once: true });
    if (limited.aborted) return null;
    try {
      const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const addresses = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      return addresses.length === 0 ? null : addresses.slice(0, MOST_ADDRESSES);
    } finally {
      limited.removeEventListener('abort', cancel);
    }
  };
}

export const NAME_LIMITS = {
  atOnce: 8,
  kept: 20_000,
  keepMs: 3_600_000,
  /** For all names of one call. Names that were not reached have no address this time. */
  togetherMs: 20_000,
} as const;

/**
 * Resolves names, a few at once, with a cache of one hour. The same answer gives the same address, IPv4
 * before IPv6. Names without an address come last in the next call, so that they do not delay others.
 */
export function nameBook(
  resolve: ResolveName,
  clock: Pick<Clock, 'nowMs' | 'sleep'>,
  togetherMs: number = NAME_LIMITS.togetherMs,
) {
  const failed = new Set<string>();
  const kept = new Map<string, { readonly address: string; readonly untilMs: number }>();
  const find = async (name: string, signal: AbortSignal): Promise<string | null> => {
    const known = kept.get(name);
    if (known !== undefined && clock.nowMs() < known.untilMs) return known.address;
    kept.delete(name);
    const address = firstOf((await resolve(name, signal)) ?? []);
    if (failed.size >= NAME_LIMITS.kept) failed.clear();
    failed.delete(name);
    if (address === null) {
      failed.add(name);
      return null;
    }
    if (kept.size >= NAME_LIMITS.kept) kept.clear();
    kept.set(name, { address, untilMs: clock.nowMs() + NAME_LIMITS.keepMs });
    return address;
  };
  return async (names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>();
    const limited = deadline(clock, togetherMs, signal);
    // Taken from the end.
    const left = [...new Set(names)].sort((a, b) => Number(failed.has(b)) - Number(failed.has(a)));
    const work = async (): Promise<void> => {
      for (let name = left.pop(); name !== undefined && !limited.signal.aborted; name = left.pop()) {
        const address = await find(name, limited.signal);
        if (address !== null) found.set(name, address);
      }
    };
    try {
      await Promise.all(Array.from({ length: NAME_LIMITS.atOnce }, work));
    } finally {
      limited.cancel();
    }
    return found;
  };
}

function firstOf(addresses: readonly string[]): string | null {
  const read = addresses.map(readIp).filter((ip) => ip !== null);
  const [first] = read.toSorted(
    (a, b) => a.family - b.family || (a.value < b.value ? -1 : Number(a.value > b.value)),
  );
  return first?.text ?? null;
}
