export { fileDocument, htmlDocument, PAGE_POLICY, type PageDocument } from './document.ts';
export { coded, escaped, html, type Markup, type Part } from './html.ts';
export { LIVE_SCRIPT } from './live.ts';
export { pill, type Tone } from './pill.ts';
export { BASE_STYLE } from './style.ts';
