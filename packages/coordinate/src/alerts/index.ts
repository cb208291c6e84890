export { coordinateAlerts, coordinateRulesYaml } from './coordinate-alerts.ts';
export { COORDINATE_DASHBOARD } from './dashboard.ts';
