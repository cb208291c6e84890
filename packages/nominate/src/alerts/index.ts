import { type Monitoring, monitoringOf } from '@watchbill/kit/alerts';

/** Alerts of the nominate service. */
export const nominateMonitoring = (): Monitoring =>
  monitoringOf(import.meta.url, {
    alerts: 'nominate-alerts.yaml',
    boards: [],
    head: 'Alerts of the nominate service. Made by `watchbill monitor rules --of nominate`.',
  });
