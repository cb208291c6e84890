import { type Monitoring, monitoringOf } from '@watchbill/kit/alerts';

export const guardMonitoring = (): Monitoring =>
  monitoringOf(import.meta.url, {
    alerts: 'guard-alerts.yaml',
    boards: ['watchbill-guard.json'],
    head: 'Alerts of guards of stock nodes. Made by `watchbill monitor rules --of guard`.',
  });
