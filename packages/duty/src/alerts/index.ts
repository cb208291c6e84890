export type { Alert, AlertGroup, Dashboard } from '@watchbill/kit/alerts';
export {
  grafanaJson,
  plainText,
  type Sentence,
  sentencesOf,
  type Thresholds,
  thresholdsShape,
} from '@watchbill/kit/alerts';
export { SERVICE_DASHBOARD } from './dashboard.ts';
export { GATE_SERIES, type GateSeries } from './gate-series.ts';
export { serviceGroups, serviceRulesYaml } from './groups.ts';
export { standbyAlerts } from './standby-alerts.ts';
export { unitAlerts } from './unit-alerts.ts';
