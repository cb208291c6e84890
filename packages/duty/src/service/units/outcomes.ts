import type { UnitOutcome } from '../shapes/units.ts';

interface OutcomeSpec {
  /** Counts as a missed unit, for the alert and for `--missed`. */
  readonly missed: boolean;
  readonly summary: string;
  readonly remedy: string;
}

/** Every outcome with its sentence and its next step. `docs/duty/reference/units.md` is generated from it. */
export const UNIT_OUTCOMES: Readonly<Record<UnitOutcome, OutcomeSpec>> = {
  signed: {
    missed: false,
    summary: 'An observer saw a signature of the key for the unit.',
    remedy: 'No action is needed.',
  },
  denied: {
    missed: true,
    summary: 'A node asked for the unit, and the service denied it.',
    remedy: 'Follow the remedy of the reason.',
  },
  late: {
    missed: true,
    summary: 'The node asked after two thirds of the slot, or after the unit was over.',
    remedy:
      'Compare the clocks of the node and of the service; then look at the load of the node and at the network between the two.',
  },
  slow: {
    missed: true,
    summary: 'The service had no answer in time, or its grant took longer than a third of the slot.',
    remedy:
      'Look at the slowest step: `store` is the store and the network to it, `flush` is the disk of the service, `queue` is another claim of the same key.',
  },
  'other-author': {
    missed: false,
    summary: 'The unit was granted in time, and the block of another author took the slot.',
    remedy: 'No action is needed: two authors may have a slot, and the chain keeps one block.',
  },
  unseen: {
    missed: true,
    summary: 'The unit was granted in time, and no block for it reached the observer.',
    remedy:
      'Look at the log of the node at this time: the gate may have refused a late answer, or the node built no block. Then check its peers.',
  },
  'not-asked': {
    missed: true,
    summary: 'The unit was due, and no node asked any service for it.',
    remedy:
      'Check that the node runs, is synced and reaches a service; then that its keystore has the key (`author_hasKey`).',
  },
  unknown: {
    missed: false,
    summary: 'The facts do not show whether the unit was missed.',
    remedy:
      'Keep an observer running that reports to a service of this ledger, and check that every service answers.',
  },
};
