import { type Account, account } from '../accounts.ts';

/** A candidate for election. */
export interface CastCandidate {
  readonly name: string;
  readonly stash: Account;
  readonly commissionPerbill: number;
}

/** A nominator: by itself, by a proxy, or by a proxy that has to announce. */
export interface CastNominator {
  readonly name: string;
  readonly stash: Account;
  /** The signer; the stash itself if it nominates directly. */
  readonly signer: Account;
  /** Relay blocks; null for none, since there is no proxy. */
  readonly delay: number | null;
}

const NAMES = [
  'anchor',
  'beacon',
  'compass',
  'davit',
  'ensign',
  'fathom',
  'gimbal',
  'halyard',
  'isobar',
  'jib',
  'keel',
  'lantern',
] as const;

export const FAIR_PERBILL = 50_000_000;
/** The last candidate takes a higher commission than a programme allows. */
export const GREEDY_PERBILL = 200_000_000;

/** Twelve candidates; the same accounts each time. */
export function castCandidates(): readonly CastCandidate[] {
  return NAMES.map((name, index) => ({
    name,
    stash: account(`candidate ${name}`),
    commissionPerbill: index === NAMES.length - 1 ? GREEDY_PERBILL : FAIR_PERBILL,
  }));
}

/** One nominator for each way to nominate. `delay`: of the proxy that announces, in relay blocks. */
export function castNominators(delay: number): readonly CastNominator[] {
  const stashOf = (name: string): Account => account(`nominator ${name}`);
  const proxyOf = (name: string): Account => account(`proxy of ${name}`);
  return [
    { name: 'west', stash: stashOf('west'), signer: stashOf('west'), delay: null },
    { name: 'north', stash: stashOf('north'), signer: proxyOf('north'), delay: 0 },
    { name: 'east', stash: stashOf('east'), signer: proxyOf('east'), delay },
  ];
}
