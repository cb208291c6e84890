import { counted, table, visible } from '@watchbill/kit';
import { argument, command, flag } from '@watchbill/kit/command/command';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import { print } from '@watchbill/kit/command/print';
import { file, several, yes } from '@watchbill/kit/command/shapes';
import { askService } from '../../client/api.ts';
import { connection } from '../../client/target.ts';
import type { Finding, ProofReport, Verdict } from '../../proof/index.ts';
import { proveFiles } from './proof.ts';

/** Exit status by verdict: every command uses 3 for "no" and 4 for "unknown". */
const EXIT_OF: Readonly<Record<Verdict, ExitCode>> = {
  proven: EXIT.ok,
  violation: EXIT.denied,
  unproven: EXIT.unknown,
};

/** `ledger verify`: proves from the exports of all services, without a service or a store. */
export const verify = command({
  about: 'prove offline that no part of a unit has two digests',
  args: { file: argument(several(file()), 'exports of the services of one ledger, in any order') },
  flags: {
    report: flag(yes(), 'report the verdict to a running service of this ledger, for its console'),
    ...connection,
  },
  statuses: { ok: 'proven', denied: 'a rule is violated', unknown: 'entries are missing' },
  examples: [
    'watchbill ledger verify service-1.ledger service-2.ledger',
    'watchbill ledger verify *.ledger --json',
    'watchbill ledger verify *.ledger --report --url https://service-1:8450 --token-file operator.token',
  ],
  run: async ({ io, exit }, options) => {
    const report = await proveFiles(io, options.file, options.json);
    print(io, options.json, report, () => reportText(report));
    const { ledger, verdict } = report;
    if (options.report)
      await askService(io, options, (api) =>
        api.send('POST', '/v1/upkeep/verifications', { ledger, verdict }),
      );
    const code = EXIT_OF[verdict];
    if (code !== EXIT.ok) exit(code);
  },
});

const VERDICT_TEXT: Readonly<Record<Verdict, string>> = {
  proven: 'PROVEN: no part has two digests, and all entries up to the marks of the store are here',
  unproven: 'UNPROVEN: no violation was found, but entries are missing; see the list',
  violation: 'VIOLATION: the records show a broken rule; see the list',
};

/** The report for people. */
export function reportText(report: ProofReport): string {
  const { exports, findings, marks, words } = report;
  const sources = exports.map(({ name, service, atMs, hasMarks }) => [
    visible(name),
    service,
    new Date(atMs).toISOString(),
    hasMarks ? 'yes' : 'no',
  ]);
  const held = words.filter(({ release }) => release === null).length;
  return [
    `ledger ${report.ledger}\n`,
    table(['export', 'service', 'made at', 'marks of the store'], sources),
    `\n${counted(marks.length, 'mark')}, ${counted(report.entries, 'entry', 'entries')}, ${counted(report.decisions, 'answer "granted"', 'answers "granted"')}`,
    `, ${counted(words.length, 'word')} (${held} held)\n`,
    ...findingLines(findings, report.counts),
    ...wordLines(report),
    `\n${VERDICT_TEXT[report.verdict]}\n`,
  ].join('');
}

const ORDER = { violation: 0, unproven: 1, note: 2 } as const;

function* findingLines(findings: readonly Finding[], counts: ProofReport['counts']): Generator<string> {
  const sorted = findings.toSorted((a, b) => ORDER[a.weight] - ORDER[b.weight]);
  for (const { kind, weight, mark, epoch, text, hashes } of sorted) {
    const place = [mark, epoch === null ? null : `epoch ${epoch}`].filter((part) => part !== null).join(', ');
    yield `\n${visible(`${weight} ${kind}${place === '' ? '' : `: ${place}`}`)}\n  ${visible(text)}\n`;
    if (hashes.length > 0) yield `  entries: ${visible(hashes.join(' '))}\n`;
  }
  const named = new Map<string, number>();
  for (const { kind } of findings) named.set(kind, (named.get(kind) ?? 0) + 1);
  for (const [kind, count] of Object.entries(counts)) {
    const more = (count ?? 0) - (named.get(kind) ?? 0);
    if (more > 0) yield `\n${more} more of kind ${kind}\n`;
  }
}

function* wordLines({ words }: ProofReport): Generator<string> {
  if (words.length === 0) return;
  yield '\n';
  yield table(
    ['word', 'heard by', 'state', 'released by', 'reason'],
    words.map(({ id, service, release }) => [
      id,
      service,
      release === null ? 'held' : `released (${release.how})`,
      release?.by ?? '-',
      release?.reason ?? '-',
    ]),
  );
}
