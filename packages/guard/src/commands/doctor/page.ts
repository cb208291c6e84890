import { fileDocument, html, type Markup, pill, type Tone } from '@watchbill/kit/html';
import type { Changes } from '../../doctor/compare.ts';
import type { Finding, Letter, Report } from '../../doctor/report.ts';
import { changedLines, groupRows } from './text.ts';

const BAD = { F: 'bad', E: 'bad', D: 'bad' } as const;
const TONES: Readonly<Record<Letter, Tone>> = { ...BAD, C: 'warn', B: 'plain', A: 'good', '-': 'plain' };

/** The report as one HTML page, which loads nothing. */
export function reportPage(report: Report, changes: Changes | null): string {
  const at = new Date(report.atMs).toISOString();
  return fileDocument({
    title: `watchbill doctor, ${at}`,
    header: html`<span class="home">watchbill doctor</span>`,
    content: html`<h1>Report of ${at}</h1>
<p>Looked at: ${report.places.join(', ')}. The doctor changed no file.</p>
${groupsTable(report)}
${changes === null ? null : changesPart(changes)}
<h2>Findings</h2>
${report.findings.length === 0 ? html`<p>No finding.</p>` : report.findings.map(findingPart)}
${notLookedPart(report)}`,
    footer: 'A check that could not look is listed as not looked. It is never counted as good.',
  });
}

function groupsTable(report: Report): Markup {
  const rows = groupRows(report).map(
    ([title, letter, found, blind]) => html`<tr><td class="title">${title}</td>
<td data-label="letter">${pill(letter, TONES[letter])}</td>
<td class="number" data-label="findings">${found}</td><td class="number" data-label="not looked">${blind}</td></tr>
`,
  );
  return html`<table class="rows"><thead><tr><th>Group</th><th>Letter</th><th class="number">Findings</th><th class="number">Not looked</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

function findingPart({ letter, what, subject, evidence, cost, mend }: Finding): Markup {
  return html`<section class="card"><h3>${pill(letter, TONES[letter])} ${what}</h3>
<dl class="facts"><dt>Where</dt><dd><code>${subject}</code></dd>
${evidence.map((each) => html`<dt>Evidence</dt><dd>${each}</dd>`)}
<dt>Cost</dt><dd>${cost}</dd>
<dt>Mend</dt><dd class="remedy"><code>${mend}</code></dd></dl></section>
`;
}

function notLookedPart({ notLooked }: Report): Markup | null {
  if (notLooked.length === 0) return null;
  const parts = [...Map.groupBy(notLooked, ({ why }) => why)].map(
    ([why, checks]) => html`<dt>${why}</dt><dd>${checks.map(({ title }) => title).join('; ')}</dd>
`,
  );
  return html`<h2>Not looked</h2><section class="card"><dl class="facts">${parts}</dl></section>`;
}

function changesPart(changes: Changes): Markup {
  const items = changedLines(changes);
  return html`<h2>Changed since ${new Date(changes.sinceMs).toISOString()}</h2>
${items.length === 0 ? html`<p>Nothing.</p>` : html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`}`;
}
