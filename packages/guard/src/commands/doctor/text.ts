import { counted, table } from '@watchbill/kit';
import { lines } from '@watchbill/kit/command/print';
import type { Changes } from '../../doctor/compare.ts';
import { type Finding, letterOfAll, type NotLooked, type Report } from '../../doctor/report.ts';

/**
 * The report for people: the nodes if the doctor looked for them, the letters, the findings, the worst first,
 * and the missing looks; `all` names each of their checks.
 */
export function reportText(
  report: Report,
  changes: Changes | null,
  { map, all = false }: { readonly map?: readonly string[] | undefined; readonly all?: boolean | undefined },
): string {
  return [
    map === undefined ? '' : lines([`${counted(map.length, 'node')} on this machine:`, ...map]),
    lines([`Letter: ${letterOfAll(report)}`]),
    table(['GROUP', 'LETTER', 'FINDINGS', 'NOT LOOKED'], groupRows(report)),
    ...(changes === null ? [] : [sinceText('Changed', changes, changedLines(changes), 'nothing')]),
    ...report.findings.slice(0, all ? undefined : MOST_FINDINGS).map((each) => findingText(each, all)),
    all ? '' : restText(report.findings.slice(MOST_FINDINGS)),
    notLookedText(report.notLooked, all),
    summary(report),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Of each group: title, letter, findings, and checks that could not look. */
export function groupRows({ groups, findings, notLooked }: Report) {
  const count = (all: readonly { readonly group: string }[], id: string): string =>
    String(all.filter(({ group }) => group === id).length);
  return groups.map(
    ({ id, title, letter }) => [title, letter, count(findings, id), count(notLooked, id)] as const,
  );
}

/** The report fills a screen: it has the others in a line each. */
const MOST_FINDINGS = 4;

function restText(findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const rows = findings.map(({ letter, what, subject }) => `${letter}  ${what} (${subject})`);
  return lines([...rows, '   --all shows these in full, with what mends each']);
}

const MOST_COMMANDS = 3;

/** A mend of many commands: the first of them, and how many more there are. */
function shortMend(mend: string): string {
  const commands = mend.split(' && ');
  const more = commands.length - MOST_COMMANDS;
  return more > 0 ? `${commands.slice(0, MOST_COMMANDS).join(' && ')} and ${more} more (--all)` : mend;
}

export function findingText(
  { letter, what, subject, evidence, cost, mend }: Omit<Finding, 'check' | 'group'>,
  all: boolean,
): string {
  return lines([
    `${letter}  ${what}`,
    `   where     ${subject}`,
    ...evidence.map((each, at) => `   ${at === 0 ? 'evidence ' : '         '} ${each}`),
    `   cost      ${cost}`,
    `   mend      ${all ? mend : shortMend(mend)}`,
  ]);
}

function notLookedText(notLooked: readonly NotLooked[], all: boolean): string {
  return lines(
    [...Map.groupBy(notLooked, ({ why }) => why)].flatMap(([why, checks]) =>
      all
        ? [`not looked: ${why}`, ...checks.map(({ title }) => `   - ${title}`)]
        : [`not looked: ${why} (${counted(checks.length, 'check')})`],
    ),
  );
}

export function changedLines({ appeared, mended, unknown, letters: moved }: Changes): readonly string[] {
  const row = (sign: string) => (each: Finding) => `${sign} ${each.letter}  ${each.what} (${each.subject})`;
  return [
    ...moved.map(({ title, before, now }) => `${title}: ${before} -> ${now}`),
    ...[...appeared.map(row('new    ')), ...mended.map(row('mended ')), ...unknown.map(row('unknown'))],
  ];
}

/** Rows of changes since an earlier report; `none` without one. */
export function sinceText(
  what: string,
  { sinceMs }: { readonly sinceMs: number },
  rows: readonly string[],
  none: string,
): string {
  const head = `${what} since ${new Date(sinceMs).toISOString()}:`;
  return lines([rows.length === 0 ? `${head} ${none}` : head, ...rows.map((each) => `   ${each}`)]);
}

function summary({ findings, notLooked }: Report): string {
  const [worst] = findings;
  const rest = notLooked.length === 0 ? '' : ` ${notLooked.length} checks could not look.`;
  const found =
    worst === undefined ? 'No finding.' : `Findings: ${findings.length}, the worst is ${worst.letter}.`;
  return lines([`${found}${rest} The doctor changed no file.`]);
}
