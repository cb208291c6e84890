// The console in a terminal: its view and its lines, without pages and without the library that serves them.

export { readPages } from './others/look.ts';
export type { OtherPage } from './others/other-page.ts';
export { terminalLines } from './text/lines.ts';
export { factsReader } from './view/facts.ts';
export { httpSource } from './view/http-source.ts';
export { type ConsoleView, viewOf } from './view/view.ts';
