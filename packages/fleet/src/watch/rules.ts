import { stringify } from 'yaml';
import {
  type AlertGroup,
  fleetAlerts,
  HEARTBEAT,
  machineAlerts,
  nodeAlerts,
  signerAlerts,
} from './alerts.ts';
import type { Thresholds } from './thresholds.ts';

/** All groups of alerts. */
export function alertGroups(limits: Thresholds): readonly AlertGroup[] {
  return [nodeAlerts(limits), signerAlerts(limits), fleetAlerts(limits), machineAlerts(limits), HEARTBEAT];
}

const HEAD =
  '# Alerts of a fleet. Made by `watchbill fleet watch render`: change the thresholds there, not here.\n';

/** The rules file of Prometheus. */
export function rulesYaml(limits: Thresholds): string {
  const groups = alertGroups(limits).map(({ name, alerts }) => ({
    name,
    rules: alerts.map(({ name: alert, severity, expr, for: wait, summary, todo }) => ({
      alert,
      expr,
      ...(wait === '0m' ? {} : { for: wait }),
      labels: { severity: alert === 'Watching' ? 'heartbeat' : severity },
      annotations: { summary, todo },
    })),
  }));
  return `${HEAD}${stringify({ groups }, { lineWidth: 0 })}`;
}
