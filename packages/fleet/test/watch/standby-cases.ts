import { type Case, DAY, pair, quiet, still } from './case.ts';

const STANDBY = 'chain="0xc",key="0xk",node="bravo"';
const series = (name: string, instance: string) =>
  `watchbill_standby_${name}{${STANDBY},instance="${instance}"}`;
/** Evaluations are six hours apart in cases of weeks. */
const EVERY_DAYS = 0.25;
const MONTH = 32;

/** Standbys of the permission services. */
export const STANDBY_CASES: readonly Case[] = [
  ...pair(
    'StandbyWouldNotSign',
    30,
    { [series('due', 's1')]: still(120), [series('would_grant', 's1')]: still(118) },
    {
      // The standby reports to the first service; the second saw few of its claims.
      [series('due', 's1')]: still(120),
      [series('would_grant', 's1')]: still(119),
      [series('due', 's2')]: still(2),
      [series('would_grant', 's2')]: still(0),
    },
  ),
  // A service that began a moment ago has no shadow claim yet.
  quiet('StandbyWouldNotSign', 30, {
    [series('due', 's1')]: still(0),
    [series('would_grant', 's1')]: still(0),
  }),
  ...pair(
    'StandbyDrillOld',
    MONTH * DAY,
    // The clock of the test begins at 0: the drill was after a day.
    { [series('last_drill_timestamp_seconds', 's1')]: still(86_400, MONTH / EVERY_DAYS) },
    {
      [series('last_drill_timestamp_seconds', 's1')]: still(0, MONTH / EVERY_DAYS),
      [series('last_drill_timestamp_seconds', 's2')]: still(3 * 86_400, MONTH / EVERY_DAYS),
    },
  ),
];
