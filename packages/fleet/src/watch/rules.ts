import { serviceMonitoring } from '@watchbill/duty/alerts';
import {
  type AlertValues,
  type Monitoring,
  monitoringOf,
  rulesFile,
  type Thresholds,
  thresholdsShape,
} from '@watchbill/kit/alerts';
import type { Expected } from './expected.ts';
import { LASTING_DOUBTS } from './lasting-doubts.ts';

const FILES = {
  alerts: 'fleet-alerts.yaml',
  boards: ['fleet', 'node', 'signers', 'rpc', 'backups'].map((name) => `watchbill-${name}.json`),
  head: 'Alerts of a fleet. Made by `watchbill fleet services watch render`: change the thresholds there, not here.',
};

/** The time that an ending run of a job has to start its node again. */
const GRACE_MINUTES = 20;

/** A fleet that runs permission services has these alerts of them too. */
const OF_SERVICES = ['watchbill-standby', 'watchbill-units'];

const NOTHING: Expected = { places: [], nodes: [], claims: [], backups: [], jobs: [] };

/** Alerts and boards of a fleet. Without expected nodes, no alert is about their absence. */
export function fleetMonitoring(
  limits: Thresholds = thresholdsShape.parse({}),
  expected: Expected = NOTHING,
): Monitoring {
  const own = monitoringOf(import.meta.url, FILES, { ...limits, ...valuesOf(expected) });
  const shared = serviceMonitoring(limits).groups.filter(({ name }) => OF_SERVICES.includes(name));
  const groups = own.groups.toSpliced(2, 0, ...shared);
  return { ...own, groups, rules: () => rulesFile(FILES.head, groups) };
}

/** The values that come from a network file; null if it expects none. */
function valuesOf({ places, nodes, claims, backups, jobs }: Expected): AlertValues {
  const ofJobs = (series: string) =>
    any(jobs.map(({ namespace, job, place }) => `${series}${labels({ namespace, cronjob: job, place })}`));
  const minutes = Math.max(...jobs.map((job) => job.minutes)) + GRACE_MINUTES;
  return {
    lastingDoubts: LASTING_DOUBTS.join('|'),
    absentPlaces: any(places.map((place) => absent('up', { place }))),
    // The rule adds the label `place`: without a hub, the series of a cluster do not have it.
    absentNodes: any(
      nodes.map(({ network, pool, role, node, place }) => {
        const gone = absent('up', { network, pool, role, instance: node });
        return `label_replace(${gone}, "place", "${place}", "instance", ".*")`;
      }),
    ),
    namespaces: any([...new Set(claims.map(({ namespace }) => namespace))], '|'),
    absentClaims: any(
      claims.map(({ namespace, place }) =>
        absent('kubelet_volume_stats_capacity_bytes', { namespace, place }),
      ),
    ),
    absentBackups: any(
      backups.map(({ network, node }) =>
        absent('watchbill_fleet_backup_finished_timestamp_seconds', { network, node }),
      ),
    ),
    absentJobs: any(
      jobs.map(({ namespace, job, place }) =>
        absent('kube_cronjob_created', { namespace, cronjob: job, place }),
      ),
    ),
    lastStarts: ofJobs('kube_cronjob_status_last_schedule_time'),
    lastSuccesses: ofJobs('kube_cronjob_status_last_successful_time'),
    nextStarts: ofJobs('kube_cronjob_next_schedule_time'),
    suspended: ofJobs('kube_cronjob_spec_suspend'),
    jobMinutes: minutes,
  };
}

function any(all: readonly string[], between = ' or '): string | null {
  return all.length === 0 ? null : all.join(between);
}

const absent = (series: string, own: Labels) => `absent(${series}${labels(own)})`;

type Labels = Readonly<Record<string, string | null>>;

/** A selector; a label that is null is left out. */
function labels(own: Labels): string {
  const given = Object.entries(own).filter(([, value]) => value !== null);
  return `{${given.map(([name, value]) => `${name}="${value}"`).join(',')}}`;
}
