export type { ConsoleAccess } from './http/access.ts';
export { type ConsoleOptions, consolePages } from './http/site.ts';
export { ALERT_LIMITS, type AlertWords } from './view/needs.ts';
