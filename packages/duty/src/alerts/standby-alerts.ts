import type { AlertGroup, Thresholds } from '@watchbill/kit/alerts';

const STANDBY = 'the standby {{ $labels.node }} of key {{ $labels.key }}';

/** Standbys of the permission services: whether they would sign, and when that was last rehearsed. */
export function standbyAlerts({ handoverDrillDays }: Thresholds): AlertGroup {
  // Each service has its own figures: the one that the standby reports to has the most.
  const best = (series: string) => `max by (chain, key, node) (${series})`;
  return {
    name: 'watchbill-standby',
    about: 'whether a standby would be granted the units of the active node',
    alerts: [
      {
        name: 'StandbyWouldNotSign',
        severity: 'ticket',
        expr: `${best('watchbill_standby_would_grant / (watchbill_standby_due > 0)')} < 0.99`,
        for: '15m',
        summary: `${STANDBY} would have been granted only {{ $value | humanizePercentage }} of the units that were due`,
        means: 'If the active node fails now, this standby will not take over all of its units.',
        todo: 'run `watchbill handover --to NODE`: the check `shadow` names the reason, and `ready` the report of the node',
        run: 'watchbill handover --to NODE',
      },
      {
        name: 'StandbyDrillOld',
        severity: 'ticket',
        expr: `time() - ${best('watchbill_standby_last_drill_timestamp_seconds')} > ${handoverDrillDays} * 86400`,
        for: '1h',
        summary: `no drill of ${STANDBY} has passed for ${handoverDrillDays} days`,
        means: 'A hand-over that was not rehearsed for this long may fail when you need it.',
        todo: 'run `watchbill handover --to NODE`; it changes no record',
        run: 'watchbill handover --to NODE',
      },
    ],
  };
}
