import { type Case, firing, pair, still } from './case.ts';

const of = (what: string, job: string) => `kube_cronjob_${what}{namespace="n",cronjob="${job}"}`;
const ofPlace = (what: string, place: string) =>
  `kube_cronjob_${what}{namespace="hub",cronjob="growth",place="${place}"}`;
const both = (series: (job: string) => Readonly<Record<string, string>>) => ({
  ...series('growth'),
  ...series('backup-b'),
});

const AT_HUB = { [ofPlace('created', 'east')]: still(1), [ofPlace('created', 'west')]: still(1) };

/** Times are seconds; the cases begin at 0. */
export const JOB_CASES: readonly Case[] = [
  ...pair(
    'JobFails',
    60,
    {
      [of('status_last_schedule_time', 'growth')]: still(60),
      [of('status_last_successful_time', 'growth')]: still(50),
    },
    // The run is under way: its time is not over.
    {
      [of('status_last_schedule_time', 'growth')]: `50+0x44 2700+0x60`,
      [of('status_last_successful_time', 'growth')]: still(55),
    },
  ),
  firing('JobFails', 60, { [of('status_last_schedule_time', 'backup-b')]: still(60) }),
  {
    alert: 'JobFails',
    fires: false,
    // Of somebody else in the namespace.
    series: { [of('status_last_schedule_time', 'report')]: still(60) },
    minutes: 60,
  },
  // The job of the same name in another cluster succeeded later.
  firing('JobFails', 60, {
    [ofPlace('status_last_schedule_time', 'west')]: still(60),
    [ofPlace('status_last_schedule_time', 'east')]: still(70),
    [ofPlace('status_last_successful_time', 'east')]: still(80),
  }),
  ...pair(
    'JobOverdue',
    80,
    { [of('next_schedule_time', 'growth')]: still(10) },
    { [of('next_schedule_time', 'growth')]: still(4_000) },
  ),
  ...pair(
    'JobOverdue',
    20,
    { [of('spec_suspend', 'growth')]: still(1) },
    both((job) => ({ [of('spec_suspend', job)]: still(0) })),
  ),
  ...pair(
    'JobUnknown',
    120,
    { [of('created', 'growth')]: still(1), ...AT_HUB },
    { ...both((job) => ({ [of('created', job)]: still(1) })), ...AT_HUB },
  ),
];
