import type { AlertGroup, Thresholds } from '@watchbill/kit/alerts';
import { rulesFile } from '@watchbill/kit/alerts';
import { gateAlerts } from './gate-alerts.ts';
import { serviceAlerts } from './service-alerts.ts';
import { standbyAlerts } from './standby-alerts.ts';
import { storeAlerts } from './store-alerts.ts';
import { unitAlerts } from './unit-alerts.ts';

/** The alerts of permission services, of the etcd under them, and of the gates that ask them. */
export function serviceGroups(limits: Thresholds): readonly AlertGroup[] {
  return [serviceAlerts(limits), standbyAlerts(limits), unitAlerts(), storeAlerts(), gateAlerts()];
}

const HEAD = 'Alerts of the permission service. Made by `watchbill monitor rules`.';

/**
 * Their rules file for Prometheus, which scrapes the services in a job named `watchbill`. `more`: groups of
 * other capabilities.
 */
export function serviceRulesYaml(limits: Thresholds, more: readonly AlertGroup[] = []): string {
  return rulesFile(HEAD, [...serviceGroups(limits), ...more]);
}
