import { type Monitoring, monitoringOf, type Thresholds, thresholdsShape } from '@watchbill/kit/alerts';

/** Alerts and the board of permission services, of the etcd under them, and of the gates that ask them. */
export function serviceMonitoring(limits: Thresholds = thresholdsShape.parse({})): Monitoring {
  const files = {
    alerts: 'service-alerts.yaml',
    boards: ['watchbill-service.json'],
    head: 'Alerts of the permission service. Made by `watchbill monitor rules`.',
  };
  return monitoringOf(import.meta.url, files, limits);
}
