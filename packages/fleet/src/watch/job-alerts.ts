import type { AlertGroup } from '@watchbill/kit/alerts';

/** A CronJob of `fleet file render --format jobs` that must run. */
export interface ExpectedJob {
  readonly namespace: string;
  /** Name of the CronJob, for example `growth`. */
  readonly job: string;
  /** The label that its series have at a hub; null if there is none. */
  readonly place: string | null;
  /** Longest time of one run. */
  readonly minutes: number;
}

const JOB = '{{ $labels.cronjob }} in {{ $labels.namespace }}';
/** The time that an ending run has to start its node again. */
const GRACE_MINUTES = 20;

/** Jobs in clusters, as kube-state-metrics reports them (`kube_cronjob_…`). Empty without jobs. */
export function jobAlerts(jobs: readonly ExpectedJob[]): AlertGroup {
  const group = { name: 'watchbill-jobs', about: 'the jobs in clusters: backups, and the growth of volumes' };
  if (jobs.length === 0) return { ...group, alerts: [] };
  const of = (series: string) => jobs.map((one) => `${series}{${labelsOf(one)}}`).join(' or ');
  const newest = (series: string) => `max by (namespace, cronjob, place) (${of(series)})`;
  const [begun, succeeded] = [
    newest('kube_cronjob_status_last_schedule_time'),
    newest('kube_cronjob_status_last_successful_time'),
  ];
  return {
    ...group,
    alerts: [
      {
        name: 'JobFails',
        severity: 'ticket',
        // Also if none ever succeeded.
        expr: `${begun} > ${succeeded} or ${begun} unless ${succeeded}`,
        for: `${Math.max(...jobs.map(({ minutes }) => minutes)) + GRACE_MINUTES}m`,
        summary: `the last run of the job ${JOB} did not succeed`,
        means:
          'The last run of a job in a cluster did not succeed in its time: there is no new backup, or a volume may fill.',
        todo: 'read the log of its newest pod; if a backup was killed, check that its node runs',
      },
      {
        name: 'JobOverdue',
        severity: 'ticket',
        expr: `time() - ${newest('kube_cronjob_next_schedule_time')} > 3600 or ${newest('kube_cronjob_spec_suspend')} == 1`,
        for: '10m',
        summary: `the job ${JOB} was not started for an hour after its time, or is suspended`,
        means:
          'A job was not started for an hour after its time, or is suspended: backups become old, or volumes are not grown.',
        todo: 'look at `kubectl describe cronjob`: the cause is a run that does not end, a quota, or the controller manager',
      },
      {
        name: 'JobUnknown',
        severity: 'ticket',
        expr: jobs.map((one) => `absent(kube_cronjob_created{${labelsOf(one)}})`).join(' or '),
        for: '1h',
        summary: `there is no data about the job ${JOB}`,
        means:
          'Prometheus has no data about a job of the network file. A job that fails would raise no alert.',
        todo: 'check that the rendered jobs are applied, and that Prometheus reads kube-state-metrics',
      },
    ],
  };
}

function labelsOf({ namespace, job, place }: ExpectedJob): string {
  const at = place === null ? '' : `,place="${place}"`;
  return `namespace="${namespace}",cronjob="${job}"${at}`;
}
