import { readAddress } from '@watchbill/chain/address';
import type { Clock } from '@watchbill/kit';
import { z } from 'zod';
import { parse, problemsOf } from '../snapshot/codec.ts';
import type { KusamaStanding } from './kusama-standing.ts';
import { everyPage, type FetchPage, PAGE_LIMITS } from './pages.ts';

/** A lone surrogate has no UTF-8 form, and a snapshot cannot contain it. */
const text = (most: number) =>
  z
    .string()
    .max(most)
    .transform((given) => given.toWellFormed());

const entryShape = z.object({
  stash: z.string().max(64),
  rank: z.number(),
  /** True, false, or null for undecided; older services leave it out. */
  valid: z.boolean().nullish(),
  validity: z
    .array(z.object({ type: text(256), valid: z.boolean().nullable() }))
    .max(256)
    .default([]),
  identity: z.object({ address: z.string().max(64), name: text(1_024) }).nullish(),
});

type Entry = z.output<typeof entryShape>;
const listShape = z.array(entryShape);

/** The list of the Kusama programme, or the reason why it cannot be used. */
export type KusamaList =
  | { readonly ok: true; readonly standings: ReadonlyMap<string, NonNullable<KusamaStanding>> }
  | { readonly ok: false; readonly why: string };

/**
 * The standings in the list of the Kusama programme (`/candidates`), by public key, in the format of this
 * service or of the old one. A null there means undecided and never counts against a candidate.
 */
export function kusamaStandingsIn(...pages: readonly string[]): KusamaList {
  const standings = new Map<string, NonNullable<KusamaStanding>>();
  for (const [at, page] of pages.entries()) {
    const json = parse(page);
    if (!json.ok) return { ok: false, why: `page ${at + 1}: ${json.why}` };
    const read = listShape.safeParse(json.value);
    if (!read.success) {
      const [problem] = problemsOf(read.error);
      return { ok: false, why: `page ${at + 1}, ${problem?.path || 'the list'}: ${problem?.message}` };
    }
    for (const entry of read.data) {
      const key = readAddress(entry.stash)?.publicKey;
      if (key === undefined) continue;
      if (standings.has(key)) return { ok: false, why: `it lists ${entry.stash} twice` };
      standings.set(key, standingOf(entry));
    }
  }
  return { ok: true, standings };
}

function standingOf({ rank, identity, ...said }: Entry): NonNullable<KusamaStanding> {
  const account = readAddress(identity?.address ?? '')?.publicKey;
  const invalidReasons = reasonsOf(said);
  const undecided = invalidReasons.length > 0 ? [] : undecidedOf(said);
  return {
    // JSON has a -0, which no snapshot can hold.
    rank: rank + 0,
    invalidReasons,
    ...(undecided.length === 0 ? {} : { undecided }),
    identity: account === undefined ? null : { account, display: identity?.name ?? '' },
  };
}

type Validity = Pick<Entry, 'valid' | 'validity'>;

function reasonsOf({ valid, validity }: Validity): string[] {
  const named = validity.filter((one) => one.valid === false).map(({ type }) => type);
  return named.length === 0 && valid === false ? ['no reason is named there'] : named;
}

/** Checks that are undecided there. A programme that still says valid lets these pass. */
function undecidedOf({ valid, validity }: Validity): string[] {
  if (valid === true) return [];
  const named = validity.filter((one) => one.valid === null).map(({ type }) => type);
  const isSaid = valid === undefined && validity.length > 0;
  return named.length === 0 && !isSaid ? ['its validity is not told there'] : named;
}

/** All pages of the list, in one request per page, for any number of candidates. */
export function kusamaSource(url: string, fetchPage: FetchPage, clock?: Pick<Clock, 'sleep'>) {
  return (signal: AbortSignal): Promise<readonly string[]> =>
    everyPage(url, fetchPage, signal, PAGE_LIMITS, clock);
}
