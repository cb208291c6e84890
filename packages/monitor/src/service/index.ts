export type { Alert, AlertGroup } from '../alerts/alert.ts';
export { type Sentence, sentencesOf } from '../alerts/sentences.ts';
export { type Thresholds, thresholdsShape } from '../alerts/thresholds.ts';
export { plainText } from '../alerts/yaml.ts';
export { grafanaJson } from '../dashboards/grafana.ts';
export type { Dashboard } from '../dashboards/panel.ts';
export { SERVICE_DASHBOARD } from './dashboard.ts';
export { GATE_SERIES, type GateSeries } from './gate-series.ts';
export { serviceGroups, serviceRulesYaml } from './groups.ts';
