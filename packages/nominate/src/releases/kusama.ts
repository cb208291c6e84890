import { z } from 'zod';
import { readAddress } from '../address/ss58.ts';
import type { KusamaStanding } from '../jobs/ports.ts';
import type { FetchText } from './feed.ts';

const listShape = z.array(
  z.object({
    stash: z.string().max(64),
    rank: z.number(),
    validity: z.array(z.object({ type: z.string().max(256), valid: z.boolean() })).default([]),
    identity: z.object({ address: z.string().max(64), name: z.string().max(1_024) }).nullish(),
  }),
);

/** The standings in the list that the Kusama programme publishes (`/candidates`), by public key. Throws where it is none. */
export function kusamaStandingsIn(text: string): ReadonlyMap<string, KusamaStanding> {
  const found = new Map<string, KusamaStanding>();
  for (const { stash, rank, validity, identity } of listShape.parse(JSON.parse(text))) {
    const key = readAddress(stash)?.publicKey;
    if (key === undefined) continue;
    const account = readAddress(identity?.address ?? '')?.publicKey;
    found.set(key, {
      rank,
      invalidReasons: validity.filter(({ valid }) => !valid).map(({ type }) => type),
      identity: account === undefined ? null : { account, display: identity?.name ?? '' },
    });
  }
  return found;
}

/** All standings in one request, whatever the number of candidates. */
export function kusamaSource(url: string, fetchText: FetchText) {
  return async (signal: AbortSignal) => kusamaStandingsIn(await fetchText(url, signal));
}
