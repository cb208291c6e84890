export { GUARD_DASHBOARD } from './dashboard.ts';
export { guardAlerts, guardRulesYaml } from './guard-alerts.ts';
