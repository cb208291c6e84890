export type { ConsoleAccess } from './http/access.ts';
export { type ConsoleOptions, consolePages } from './http/site.ts';
export { readPages } from './others/look.ts';
export type { Look, OtherPage } from './others/other-page.ts';
export { type Paint, terminalLines } from './text/lines.ts';
export { type ConsoleSource, factsReader, type UnitRecord } from './view/facts.ts';
export { httpSource } from './view/http-source.ts';
export { ALERT_LIMITS, type AlertWords } from './view/needs.ts';
export { type ConsoleView, type KeyView, viewOf } from './view/view.ts';
