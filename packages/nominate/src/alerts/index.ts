import { type Monitoring, monitoringOf } from '@watchbill/kit/alerts';

/** Alerts and the board of the nominate service. */
export const nominateMonitoring = (): Monitoring =>
  monitoringOf(import.meta.url, {
    alerts: 'nominate-alerts.yaml',
    boards: ['watchbill-nominate.json'],
    head: 'Alerts of the nominate service. Made by `watchbill monitor rules --of nominate`.',
  });
