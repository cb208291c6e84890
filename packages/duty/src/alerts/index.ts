export type { Alert, AlertGroup } from '@watchbill/kit/alerts/alert';
export { grafanaJson } from '@watchbill/kit/alerts/grafana';
export type { Dashboard } from '@watchbill/kit/alerts/panel';
export { type Sentence, sentencesOf } from '@watchbill/kit/alerts/sentences';
export { type Thresholds, thresholdsShape } from '@watchbill/kit/alerts/thresholds';
export { plainText } from '@watchbill/kit/alerts/yaml';
export { SERVICE_DASHBOARD } from './dashboard.ts';
export { GATE_SERIES, type GateSeries } from './gate-series.ts';
export { serviceGroups, serviceRulesYaml } from './groups.ts';
