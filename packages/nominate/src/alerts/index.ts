export { nominateAlerts } from './nominate-alerts.ts';
