export type { Alert, AlertGroup, ExpectedClaims, ExpectedNode, Severity } from '../alerts/alert.ts';
export { type Thresholds, thresholdsShape } from '../alerts/thresholds.ts';
export { plainText } from '../alerts/yaml.ts';
export { grafanaJson } from '../dashboards/grafana.ts';
export type { Dashboard, Panel, Query } from '../dashboards/panel.ts';
export type { BackedUp } from './backup-alerts.ts';
export { coordinateAlerts } from './coordinate-alerts.ts';
export { DASHBOARDS } from './dashboards/all.ts';
export { COORDINATE_DASHBOARD } from './dashboards/coordinate.ts';
export { GUARD_DASHBOARD } from './dashboards/guard.ts';
export { expectedClaims, expectedJobs, expectedNodes } from './expected.ts';
export { guardAlerts } from './guard-alerts.ts';
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
