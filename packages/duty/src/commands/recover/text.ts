import { counted, table, visible } from '@watchbill/kit';
import { shortHex } from '@watchbill/kit/command/text';
import type { RecoveryFinding, RecoveryKey, RecoveryReport } from '../../proof/recovery/index.ts';

/** Findings alone, for a store that cannot be read. */
export function findingsText(findings: readonly RecoveryFinding[]): string {
  return [...findingLines(findings), '\nno plan was made\n'].join('');
}

const CLOCK_UNCOMPARED: Readonly<Record<Exclude<RecoveryReport['clock'], 'compared'>, string>> = {
  'no-node': 'clock not compared (no --node)',
  'no-time': 'clock not compared (no --node reported the time of its newest block)',
};

/** The plan for people, most important first. */
export function planText(
  report: RecoveryReport,
  { id, file }: { readonly id: string | null; readonly file: string | null },
): string {
  return [
    ...findingLines(report.findings),
    report.clock === 'compared' ? '' : `${CLOCK_UNCOMPARED[report.clock]}\n`,
    ...wordLines(report),
    ...report.plan.keys.flatMap((key) => [...keyLines(key)]),
    ...writeLines(report),
    ...endLines(report, id, file),
  ].join('');
}

/** Long names of chains and keys, as in an evidence of `0x7a7a…/0x0000…/babe`. They are whole with --json. */
const LONG_HEX = /0x[0-9a-f]{17,}/g;

function* findingLines(findings: readonly RecoveryFinding[]): Generator<string> {
  yield `FINDINGS (${findings.length})\n`;
  if (findings.length === 0)
    yield '  none: store and memory agree. If the whole machine was restored, carry out the plan anyway\n';
  for (const { kind, what, evidence, remedy } of findings) {
    yield `  ${kind}: ${visible(what)}\n`;
    for (const line of evidence) yield `    - ${visible(line.replace(LONG_HEX, shortHex))}\n`;
    yield `    what to do: ${visible(remedy)}\n`;
  }
}

function* wordLines({ words }: RecoveryReport): Generator<string> {
  if (words.length === 0) return;
  yield `\nHELD WORDS (${words.length}): entries that a node remembers and the store does not hold\n`;
  const rows = words.map(({ id, node, mark, unit, top, why, source }) => {
    const place = mark.split('/').map(shortHex).join('/');
    return [id.slice(0, 12), node, place, unit ?? '-', top ?? '-', source, why].map(visible);
  });
  yield table(['word', 'node', 'mark', 'unit', 'top', 'kept in', 'why'], rows);
}

function* keyLines({ chain, key, floors }: RecoveryKey): Generator<string> {
  yield `\nFLOORS of key ${visible(key)} on chain ${visible(shortHex(chain))}\n`;
  for (const { duty, floor, holds, reasons } of floors) {
    yield `  ${duty}: ${floor === null ? 'never signed, no unit is held' : `${floor}; held ${holds}`}\n`;
    for (const { from, unit } of reasons) yield `    ${unit}  ${visible(from)}\n`;
  }
}

function* writeLines({ writes, plan }: RecoveryReport): Generator<string> {
  yield '\nWRITES\n';
  yield table(
    ['record', 'count'],
    writes.map(({ record, count }) => [record, String(count)]),
  );
  for (const { name, id } of plan.lost)
    yield `service ${visible(name)} (${visible(id)}) is removed: its data is lost\n`;
}

function* endLines({ problems }: RecoveryReport, id: string | null, file: string | null): Generator<string> {
  if (id === null) {
    yield `\nNO PLAN: ${counted(problems.length, 'problem')}\n`;
    for (const { what, remedy } of problems) yield `  ${visible(what)}\n    what to do: ${visible(remedy)}\n`;
    return;
  }
  yield `\nPLAN ${id}, written to ${file}\n`;
  yield 'no other change was made. Stop every signer of these keys, then carry it out with the same --config:\n';
  // A plan of --out is not in the data folder, so its id alone does not find it.
  const wanted = file?.endsWith(`${id}.json`) === true ? id.slice(0, 12) : file;
  yield `  watchbill recover --execute ${wanted} --confirmation "all signers stopped by NAME"\n`;
}
