export type {
  Alert,
  AlertGroup,
  Dashboard,
  ExpectedClaims,
  ExpectedNode,
  Panel,
  Query,
  Severity,
} from '@watchbill/kit/alerts';
export { grafanaJson, plainText, type Thresholds, thresholdsShape } from '@watchbill/kit/alerts';
export type { BackedUp } from './backup-alerts.ts';
export { DASHBOARDS } from './dashboards/all.ts';
export { expectedClaims, expectedJobs, expectedNodes } from './expected.ts';
export { journalAlloy, type LogNode, type LokiAddress, podsAlloy } from './logs/alloy.ts';
export { type LogsSettings, logsShape, lokiYaml } from './logs/loki.ts';
export { REDACTED, REDACTIONS, type Redaction, redacted } from './logs/redact.ts';
export { alertmanagerYaml, type Receivers, receiversShape } from './routes.ts';
export { alertGroups, type Expected, rulesYaml } from './rules.ts';
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
