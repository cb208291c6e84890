import { coordinateAlerts } from '@watchbill/coordinate/alerts/coordinate-alerts';
import { standbyAlerts } from '@watchbill/duty/alerts/standby-alerts';
import { unitAlerts } from '@watchbill/duty/alerts/unit-alerts';
import { guardAlerts } from '@watchbill/guard/alerts/guard-alerts';
import {
  type AlertGroup,
  type ExpectedClaims,
  type ExpectedNode,
  HEARTBEAT,
} from '@watchbill/kit/alerts/alert';
import type { Thresholds } from '@watchbill/kit/alerts/thresholds';
import { rulesFile } from '@watchbill/kit/alerts/yaml';
import { type BackedUp, backupAlerts } from './backup-alerts.ts';
import { claimAlerts } from './claim-alerts.ts';
import { exporterAlerts } from './exporter-alerts.ts';
import { fleetAlerts } from './fleet-alerts.ts';
import { type ExpectedJob, jobAlerts } from './job-alerts.ts';
import { machineAlerts } from './machine-alerts.ts';
import { nodeAlerts } from './node-alerts.ts';
import { signerAlerts } from './signer-alerts.ts';

/** The expected targets: the absence of one has an alert. */
export interface Expected {
  /** Places whose agents write to the Prometheus that has the rules. */
  readonly places: readonly string[];
  readonly nodes: readonly ExpectedNode[];
  /** Namespaces of clusters. */
  readonly claims: readonly ExpectedClaims[];
  readonly backups: readonly BackedUp[];
  readonly jobs: readonly ExpectedJob[];
}

const NOTHING: Expected = { places: [], nodes: [], claims: [], backups: [], jobs: [] };

/** All groups of alerts; an empty one is left out. */
export function alertGroups(limits: Thresholds, expected: Expected = NOTHING): readonly AlertGroup[] {
  const groups = [
    nodeAlerts(limits, expected.nodes),
    signerAlerts(limits),
    standbyAlerts(limits),
    unitAlerts(),
    fleetAlerts(limits),
    machineAlerts(limits),
    claimAlerts(limits, expected.claims),
    backupAlerts(limits, expected.backups),
    jobAlerts(expected.jobs),
    exporterAlerts(expected.places),
    HEARTBEAT,
  ];
  return groups.filter(({ alerts }) => alerts.length > 0);
}

const HEAD =
  'Alerts of a fleet. Made by `watchbill fleet services watch render`: change the thresholds there, not here.';

/** The rules file of Prometheus. */
export function rulesYaml(limits: Thresholds, expected: Expected = NOTHING): string {
  return rulesFile(HEAD, alertGroups(limits, expected));
}

const COORDINATE_HEAD = 'Alerts of groups of operators. Made by `watchbill coordinate watch`.';

/** The rules file of Prometheus for members of groups. */
export function coordinateRulesYaml(): string {
  return rulesFile(COORDINATE_HEAD, [coordinateAlerts()]);
}

const GUARD_HEAD = 'Alerts of guards of stock nodes. Made by `watchbill monitor rules --of guard`.';

/** The rules file of Prometheus for guards. */
export function guardRulesYaml(): string {
  return rulesFile(GUARD_HEAD, [guardAlerts()]);
}
