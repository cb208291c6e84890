import { html, type Markup, pill } from '@watchbill/kit/html';
import { nothing } from '../api/shapes/parts.ts';
import { type Health, healthOf } from '../api/views/health.ts';
import type { JobRow } from '../storage/port.ts';
import { noticeList } from './notices.ts';
import { pageRoute } from './page-route.ts';
import { ago, grouped, statePill } from './words.ts';

const NOTICES_SHOWN = 20;

export const jobsPage = pageRoute({
  url: '/status/jobs',
  params: nothing,
  query: nothing.loose(),
  render: async (site) => {
    const { reader, options } = site;
    const nowMs = options.clock();
    const [jobs, notices, health] = await Promise.all([
      reader.ask((store) => store.jobs.all()),
      reader.ask((store) => store.notices.list({ limit: NOTICES_SHOWN, after: null })),
      healthOf(site),
    ]);
    return {
      title: 'Service',
      at: '/status/jobs',
      isLive: true,
      content: html`<h1>Service ${health.healthy ? pill('well', 'good') : pill('not well', 'bad')}</h1>
<section class="card"><h2>Jobs</h2>${jobs.length === 0 ? html`<p class="quiet">None has run yet.</p>` : html`<ul class="lines">${jobs.map((job) => jobLine(job, nowMs))}</ul>`}</section>
<section class="card"><h2>Health</h2>${checksOf(health)}${connectionsOf(health, nowMs)}
<p class="quiet">Up since ${ago(health.upSinceMs, nowMs)}.</p></section>
<section class="card"><h2>Notices</h2>${notices.rows.length === 0 ? html`<p class="quiet">None.</p>` : noticeList(notices.rows, nowMs)}</section>`,
    };
  },
});

/** One job with its state, its progress, and its error. */
export function jobLine(job: JobRow, nowMs: number): Markup {
  const { name, state, progress, detail, error, endedMs, nextMs, runCount, failureCount } = job;
  const ended = endedMs === null ? 'has not run yet, ' : html`ended ${ago(endedMs, nowMs)}, `;
  const when = state === 'running' ? '' : ended;
  const counts = `${grouped(runCount)} ${runCount === 1 ? 'run' : 'runs'}, ${grouped(failureCount)} failed`;
  return html`<li><span class="lead">${name}</span><span>${statePill(state)}</span>
${progress !== null && html`<progress class="wide" max="1" value="${progress}" aria-label="progress of ${name}">${Math.round(progress * 100)} %</progress>`}
<span class="quiet wide">${detail}</span>
${error !== null && html`<span class="bad wide">${error}</span>`}
<span class="quiet wide">${when}${next(nextMs, nowMs)}${counts}</span></li>`;
}

function next(nextMs: number | null, nowMs: number): Markup | null {
  if (nextMs === null) return null;
  return nextMs <= nowMs ? html`is due, ` : html`next ${ago(nextMs, nowMs)}, `;
}

function checksOf({ checks }: Health): Markup {
  return html`<ul class="lines">${checks.map(
    ({ name, ok, detail }) =>
      html`<li><span class="lead">${name}</span><span>${ok ? pill('well', 'good') : pill('not well', 'bad')}</span><span class="quiet wide">${detail}</span></li>`,
  )}</ul>`;
}

function connectionsOf({ endpoints, telemetry }: Health, nowMs: number): Markup | null {
  if (endpoints.length + telemetry.length === 0) return null;
  return html`<h3>Connections</h3><ul class="lines">${endpoints.map(
    ({ role, name, connected, height, atMs }) =>
      html`<li><span class="lead">${name}</span><span>${connectedPill(connected)}</span><span class="quiet wide">${role}, block ${height === null ? 'unknown' : grouped(height)}, answered ${ago(atMs, nowMs)}</span></li>`,
  )}${telemetry.map(
    ({ name, connected, sinceMs }) =>
      html`<li><span class="lead">${name}</span><span>${connectedPill(connected)}</span><span class="quiet wide">telemetry${sinceMs !== null && html`, since ${ago(sinceMs, nowMs)}`}</span></li>`,
  )}</ul>`;
}

function connectedPill(connected: boolean): Markup {
  return connected ? pill('connected', 'good') : pill('not connected', 'bad');
}
