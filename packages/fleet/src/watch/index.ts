export { coordinateAlerts } from '@watchbill/coordinate/alerts/coordinate-alerts';
export { COORDINATE_DASHBOARD } from '@watchbill/coordinate/alerts/dashboard';
export { GUARD_DASHBOARD } from '@watchbill/guard/alerts/dashboard';
export { guardAlerts } from '@watchbill/guard/alerts/guard-alerts';
export type { Alert, AlertGroup, ExpectedClaims, ExpectedNode, Severity } from '@watchbill/kit/alerts/alert';
export { grafanaJson } from '@watchbill/kit/alerts/grafana';
export type { Dashboard, Panel, Query } from '@watchbill/kit/alerts/panel';
export { type Thresholds, thresholdsShape } from '@watchbill/kit/alerts/thresholds';
export { plainText } from '@watchbill/kit/alerts/yaml';
export type { BackedUp } from './backup-alerts.ts';
export { DASHBOARDS } from './dashboards/all.ts';
export { expectedClaims, expectedJobs, expectedNodes } from './expected.ts';
export { journalAlloy, type LogNode, type LokiAddress, podsAlloy } from './logs/alloy.ts';
export { type LogsSettings, logsShape, lokiYaml } from './logs/loki.ts';
export { REDACTED, REDACTIONS, type Redaction, redacted } from './logs/redact.ts';
export { alertmanagerYaml, type Receivers, receiversShape } from './routes.ts';
export { alertGroups, coordinateRulesYaml, type Expected, guardRulesYaml, rulesYaml } from './rules.ts';
export {
  type AgentSettings,
  agentYaml,
  type Hub,
  hubYaml,
  machineTargets,
  prometheusYaml,
  type ScrapedCluster,
  type ScrapeSettings,
  type ScrapeTarget,
  type Sources,
  sourcesAt,
} from './scrape.ts';
