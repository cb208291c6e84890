// The text of a comment on a pull request, as Markdown: `node comment.mjs plan.json`, with what
// `watchbill fleet plan --json` printed.

import { readFileSync } from 'node:fs';

/** Rows of one table; a comment has a limited length, and the artifact has the whole plan. */
const MOST_ROWS = 60;

const { plan, notes } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** Names and messages may come from a file of the pull request: no markup, no mention of a person. */
const text = (value) =>
  String(value)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#!|~]/g, (sign) => `\\${sign}`)
    .replaceAll('@', '@\u200b');

const lines = [`### Plan for network ${text(plan.network)}`, ''];
if (plan.problems.length > 0) {
  lines.push('**Refused.** It cannot be applied:', '');
  for (const { resourceId, what, remedy } of plan.problems.slice(0, MOST_ROWS))
    lines.push(`- ${text(resourceId)}: ${text(what)}. To do: ${text(remedy)}`);
} else if (plan.steps.length === 0) {
  lines.push('Nothing to do.');
} else {
  const risks = [
    ...new Set(plan.steps.flatMap(({ risk, fields }) => [risk, ...fields.map((one) => one.risk)])),
  ];
  const consent = risks.filter((risk) => risk === 'signing' || risk === 'data-loss');
  lines.push('| change | object | risk |', '|---|---|---|');
  const order = ['signing', 'data-loss', 'restart', 'safe'];
  const sorted = plan.steps.toSorted((one, other) => order.indexOf(one.risk) - order.indexOf(other.risk));
  for (const { action, resourceId, risk, why } of sorted.slice(0, MOST_ROWS))
    lines.push(`| ${action} | ${text(resourceId)} | ${risk === 'safe' ? '' : `**${risk}**: ${text(why)}`} |`);
  if (sorted.length > MOST_ROWS) lines.push('', `and ${sorted.length - MOST_ROWS} more steps`);
  lines.push('', `To apply exactly this plan, approve it with its id: \`${plan.id}\``);
  if (consent.length > 0)
    lines.push('', `It also needs the approval of these risks: \`${consent.join(' ')}\``);
}
for (const { place, kind, name } of plan.unread ?? [])
  lines.push('', `Not read: ${text(`${place}/${kind}/${name}`)}. The apply checks it.`);
for (const note of notes) lines.push('', `Note: ${text(note)}`);
console.log(lines.join('\n'));
