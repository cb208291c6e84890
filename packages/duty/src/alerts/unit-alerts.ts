import type { AlertGroup } from '@watchbill/kit/alerts';

/** Outcomes of `watchbill_units_total` that mean a missed unit: decision 0034. */
export const MISSED = 'denied|late|slow|unseen|not-asked';

/** Units that the keys of the permission services missed. */
export function unitAlerts(): AlertGroup {
  const counted = `increase(watchbill_units_total{outcome=~"${MISSED}"}[1h])`;
  // Each service counts the units that it heard of: the one that the observer reports to has the most.
  const most = `max by (key, duty) (sum by (instance, key, duty) (${counted}))`;
  return {
    name: 'watchbill-units',
    about: 'slots and votes that a key missed, by the permission services',
    alerts: [
      {
        name: 'UnitsMissed',
        severity: 'ticket',
        expr: `${most} > 2`,
        for: '5m',
        summary:
          'key {{ $labels.key }} missed {{ $value | humanize }} units of {{ $labels.duty }} within an hour',
        means: 'More than two slots or votes of a key were missed within an hour. Each one is a lost reward.',
        todo: 'run `watchbill units --key KEY --since 1h`: each unit names its cause and the next step',
        run: 'watchbill units --key KEY --since 1h',
      },
    ],
  };
}
