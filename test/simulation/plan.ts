import { type NetworkFaults, NO_FAULTS, type StoreFaults } from '@watchbill/testkit';

/** How rough one run is. */
export interface Plan {
  readonly seed: string;
  /** Virtual time with faults, then without, in milliseconds. */
  readonly roughMs: number;
  readonly calmMs: number;
  readonly store: StoreFaults;
  readonly network: NetworkFaults;
  /** Probability that a service dies at a failpoint, and that an append is refused. */
  readonly failpoint: number;
  readonly diskFailure: number;
  /** Mean time between two acts of the nemesis. */
  readonly nemesisMs: number;
  /** The store is put back to an older state, after an outage longer than every session. */
  readonly rollback: boolean;
  /** What is broken on purpose, for the controls. */
  readonly sabotage: Sabotage;
}

/**
 * `ignore-compares`: the store applies every transaction. `forget`: the disks of the services lose their entries when
 * the store goes back. `lying-disk`: a disk says that it synced what it did not.
 */
export type Sabotage = 'none' | 'ignore-compares' | 'forget' | 'lying-disk';

/** A little of everything. */
export const ROUGH: Omit<Plan, 'seed'> = {
  roughMs: 60_000,
  calmMs: 12_000,
  store: {
    delayMs: [1, 12],
    loseAnswer: 0.03,
    loseRequest: 0.03,
    applyLate: 0.02,
    lateMs: [1, 900],
    applySome: 0.01,
    refuse: 0.02,
    loseOther: 0.03,
  },
  network: { delayMs: [1, 15], lose: 0.04, double: 0.1 },
  failpoint: 0.004,
  diskFailure: 0.01,
  nemesisMs: 1_500,
  rollback: false,
  sabotage: 'none',
};

/** Every second transaction is ambiguous, and many of those take effect later. */
export const AMBIGUOUS: Omit<Plan, 'seed'> = {
  ...ROUGH,
  roughMs: 40_000,
  store: {
    ...ROUGH.store,
    loseAnswer: 0.25,
    loseRequest: 0.05,
    applyLate: 0.3,
    lateMs: [1, 400],
    loseOther: 0.02,
  },
};

/** Services die often, at every step of a claim. */
export const DEADLY: Omit<Plan, 'seed'> = { ...ROUGH, roughMs: 40_000, failpoint: 0.03, nemesisMs: 5_000 };

/** The store goes back to a moment before a grant, amid the usual faults. */
export const BACK_IN_TIME: Omit<Plan, 'seed'> = { ...ROUGH, rollback: true };

/** The store goes back, and nothing else happens. */
export const ONLY_BACK_IN_TIME: Omit<Plan, 'seed'> = {
  ...ROUGH,
  roughMs: 24_000,
  calmMs: 6_000,
  store: { ...NO_FAULTS, delayMs: [1, 12] },
  network: { delayMs: [1, 15], lose: 0, double: 0.1 },
  failpoint: 0,
  diskFailure: 0,
  nemesisMs: 1_000_000,
  rollback: true,
};
