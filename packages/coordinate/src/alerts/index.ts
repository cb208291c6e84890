import { type Monitoring, monitoringOf } from '@watchbill/kit/alerts';

/** Alerts and the board of members of groups of operators. */
export const coordinateMonitoring = (): Monitoring =>
  monitoringOf(import.meta.url, {
    alerts: 'coordinate-alerts.yaml',
    boards: ['watchbill-coordinate.json'],
    head: 'Alerts of groups of operators. Made by `watchbill coordinate watch`.',
  });
