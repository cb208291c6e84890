export { thresholdsShape } from '@watchbill/kit/alerts';
export {
  type BackedUp,
  type Expected,
  type ExpectedClaims,
  type ExpectedNode,
  expectedClaims,
  expectedJobs,
  expectedNodes,
} from './expected.ts';
export { journalAlloy, type LogNode, type LokiAddress, podsAlloy } from './logs/alloy.ts';
export { type LogsSettings, logsShape, lokiYaml } from './logs/loki.ts';
export { REDACTED, REDACTIONS, type Redaction, redacted } from './logs/redact.ts';
export { alertmanagerYaml, type Receivers, receiversShape } from './routes.ts';
export { fleetMonitoring } from './rules.ts';
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
