import { fileDocument, html, type Markup, pill, type Tone } from '@watchbill/kit/html';
import type { Changes } from '../../doctor/compare.ts';
import type { Finding, Letter, Report } from '../../doctor/report.ts';
import { changesText, letters, notLookedText } from './text.ts';

const BAD = { F: 'bad', E: 'bad', D: 'bad' } as const;
const TONES: Readonly<Record<Letter, Tone>> = { ...BAD, C: 'warn', B: 'plain', A: 'good', '-': 'plain' };

/** The report as one HTML page, which loads nothing: a card for each finding, and the rest as its text. */
export function reportPage(report: Report, changes: Changes | null): string {
  const at = new Date(report.atMs).toISOString();
  return fileDocument({
    title: `watchbill doctor, ${at}`,
    header: html`<span class="home">watchbill doctor</span>`,
    content: html`<h1>Report of ${at}</h1>
<p>Looked at: ${report.places.join(', ')}. The doctor changed no file.</p>
<pre>${letters(report)}${changes === null ? '' : `\n${changesText(changes)}`}</pre>
<h2>Findings</h2>
${report.findings.length === 0 ? html`<p>No finding.</p>` : report.findings.map(findingPart)}
<pre>${notLookedText(report.notLooked, true)}</pre>`,
    footer: 'A check that could not look is listed as not looked. It is never counted as good.',
  });
}

function findingPart({ letter, what, subject, evidence, cost, mend }: Finding): Markup {
  return html`<section class="card"><h3>${pill(letter, TONES[letter])} ${what}</h3>
<dl class="facts"><dt>Where</dt><dd><code>${subject}</code></dd>
${evidence.map((each) => html`<dt>Evidence</dt><dd>${each}</dd>`)}
<dt>Cost</dt><dd>${cost}</dd>
<dt>Mend</dt><dd class="remedy"><code>${mend}</code></dd></dl></section>
`;
}
