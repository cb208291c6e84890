import type { Flaw } from './content.ts';
import type { NetworkConditions } from './network-conditions.ts';
import type { Prng } from './prng.ts';

/** The faults of a Byzantine member in a window, in addition to honest work. */
export interface Traits {
  readonly isSilent: boolean;
  /** Is silent in later ranks. */
  readonly fallsSilent: boolean;
  /** Signs for every digest that it hears of, in every rank. */
  readonly votesForAll: boolean;
  /** Only one member gets its votes of rank 0 and its commits at once; the others get them ranks later. */
  readonly holdsBack: boolean;
  /** Proposes one thing to some and another to the others. */
  readonly tellsTwo: boolean;
  /** Claims to have no prepared value. */
  readonly forgets: boolean;
  readonly impersonates: boolean;
  /** Proposes an action that is not due. */
  readonly errs: boolean;
  readonly flaw: Flaw;
  /** Claims quorums that there were not: of prepares in a rank-change, of commits in a certificate. */
  readonly bluffs: boolean;
  /** A flood of useless messages. */
  readonly flood: number;
}

/** The faults that help most to reach two agreements. */
const PLOT: Traits = {
  isSilent: false,
  fallsSilent: false,
  votesForAll: true,
  holdsBack: true,
  tellsTwo: false,
  forgets: true,
  impersonates: false,
  errs: false,
  flaw: 'none',
  bluffs: false,
  flood: 0,
};

export function traitsOf(prng: Prng, about: NetworkConditions['about']): Traits {
  if (about !== 'nothing' && prng.chance(0.5)) return { ...PLOT, fallsSilent: about === 'standstill' };
  return {
    isSilent: prng.chance(0.1),
    fallsSilent: prng.chance(0.2),
    votesForAll: prng.chance(0.7),
    holdsBack: prng.chance(0.3),
    tellsTwo: prng.chance(0.5),
    forgets: prng.chance(0.4),
    impersonates: prng.chance(0.1),
    errs: prng.chance(0.1),
    flaw: prng.chance(0.2) ? prng.pick<Flaw>(['bad-form', 'bad-state']) : 'none',
    bluffs: prng.chance(0.2),
    flood: prng.chance(0.05) ? prng.between(50, 200) : 0,
  };
}
