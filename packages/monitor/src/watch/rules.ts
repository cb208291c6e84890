import { stringify } from 'yaml';
import { type AlertGroup, type ExpectedClaims, type ExpectedNode, HEARTBEAT } from './alerts.ts';
import { type BackedUp, backupAlerts } from './backup-alerts.ts';
import { claimAlerts } from './claim-alerts.ts';
import { coordinateAlerts } from './coordinate-alerts.ts';
import { exporterAlerts } from './exporter-alerts.ts';
import { fleetAlerts } from './fleet-alerts.ts';
import { machineAlerts } from './machine-alerts.ts';
import { nodeAlerts } from './node-alerts.ts';
import { signerAlerts } from './signer-alerts.ts';
import { standbyAlerts } from './standby-alerts.ts';
import type { Thresholds } from './thresholds.ts';

/** The expected targets: the absence of one has an alert. */
export interface Expected {
  /** Places whose agents write to the Prometheus that has the rules. */
  readonly places: readonly string[];
  readonly nodes: readonly ExpectedNode[];
  /** Namespaces of clusters. */
  readonly claims: readonly ExpectedClaims[];
  readonly backups: readonly BackedUp[];
}

const NOTHING: Expected = { places: [], nodes: [], claims: [], backups: [] };

/** All groups of alerts; an empty one is left out. */
export function alertGroups(limits: Thresholds, expected: Expected = NOTHING): readonly AlertGroup[] {
  const groups = [
    nodeAlerts(limits, expected.nodes),
    signerAlerts(limits),
    standbyAlerts(limits),
    fleetAlerts(limits),
    machineAlerts(limits),
    claimAlerts(limits, expected.claims),
    backupAlerts(limits, expected.backups),
    exporterAlerts(expected.places),
    HEARTBEAT,
  ];
  return groups.filter(({ alerts }) => alerts.length > 0);
}

const HEAD =
  '# Alerts of a fleet. Made by `watchbill fleet services watch render`: change the thresholds there, not here.\n';

/** The rules file of Prometheus. */
export function rulesYaml(limits: Thresholds, expected: Expected = NOTHING): string {
  return yamlOf(HEAD, alertGroups(limits, expected));
}

const COORDINATE_HEAD = '# Alerts of groups of operators. Made by `watchbill coordinate watch`.\n';

/** The rules file of Prometheus for members of groups. */
export function coordinateRulesYaml(): string {
  return yamlOf(COORDINATE_HEAD, [coordinateAlerts()]);
}

function yamlOf(head: string, all: readonly AlertGroup[]): string {
  const groups = all.map(({ name, alerts }) => ({
    name,
    rules: alerts.map(({ name: alert, severity, expr, for: wait, summary, todo }) => ({
      alert,
      expr,
      ...(wait === '0m' ? {} : { for: wait }),
      labels: { severity: alert === 'Watching' ? 'heartbeat' : severity },
      annotations: { summary, todo },
    })),
  }));
  return `${head}${stringify({ groups }, { lineWidth: 0 })}`;
}
