import { html, type Markup, pill, type Tone } from '@watchbill/kit/html';
import type { NoticeRow } from '../storage/port.ts';
import { ago } from './words.ts';

const TONES: Readonly<Record<NoticeRow['severity'], Tone>> = {
  info: 'plain',
  warning: 'warn',
  critical: 'bad',
};

/** Notices to people. */
export function noticeList(notices: readonly NoticeRow[], nowMs: number): Markup {
  return html`<ul class="lines">${notices.map(
    ({ severity, text, openSinceMs, closedMs }) =>
      html`<li><span class="lead">${text}</span><span>${closedMs === null ? pill(severity, TONES[severity]) : pill('over', 'good')}</span><span class="quiet wide">since ${ago(openSinceMs, nowMs)}</span></li>`,
  )}</ul>`;
}
