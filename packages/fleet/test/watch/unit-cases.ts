import { type Case, pair, rising, still } from './case.ts';

const units = (outcome: string, instance: string) =>
  `watchbill_units_total{key="0xk",duty="babe",outcome="${outcome}",instance="${instance}"}`;

/** Units that a key missed, by the permission services. */
export const UNIT_CASES: readonly Case[] = [
  ...pair(
    'UnitsMissed',
    90,
    // Three units an hour, of two causes.
    { [units('late', 's1')]: rising(1 / 30), [units('not-asked', 's1')]: rising(1 / 60) },
    {
      // Two services count the same unit, and signed units are no alarm.
      [units('late', 's1')]: rising(1 / 60),
      [units('late', 's2')]: rising(1 / 60),
      [units('signed', 's1')]: rising(10),
      [units('unknown', 's1')]: rising(10),
      [units('denied', 's1')]: still(40),
    },
  ),
];
