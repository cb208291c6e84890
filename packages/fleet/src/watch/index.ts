export type { Alert, AlertGroup, Severity } from './alerts.ts';
export { alertmanagerYaml, type Receivers, receiversShape } from './routes.ts';
export { alertGroups, rulesYaml } from './rules.ts';
export { machineTargets, prometheusYaml, type ScrapeSettings, type ScrapeTarget } from './scrape.ts';
export { type Thresholds, thresholdsShape } from './thresholds.ts';
