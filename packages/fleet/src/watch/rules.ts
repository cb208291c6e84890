import { standbyAlerts, unitAlerts } from '@watchbill/duty/alerts';
import type { Thresholds } from '@watchbill/kit/alerts';
import {
  type AlertGroup,
  type ExpectedClaims,
  type ExpectedNode,
  HEARTBEAT,
  rulesFile,
} from '@watchbill/kit/alerts';
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
