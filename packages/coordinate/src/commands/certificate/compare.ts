import { join, resolve } from 'node:path';
import { visible } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { writeNew } from '@watchbill/kit/command/write-files';
import type { Command } from 'commander';
import type { Runtime } from '../../index.ts';
import { type GroupFile, readGroupFile } from '../group-document.ts';
import { loadRuntime } from '../runtime.ts';
import { readCertificateFile } from './read.ts';

interface CompareFlags {
  readonly group: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `coordinate certificate compare`: evidence from two certificates of one window and rank. */
export function addCertificateCompare(parent: Command, context: Context): void {
  const command = parent
    .command('compare')
    .argument('<file>', 'certificate')
    .argument('<other>', 'certificate of the same window and rank')
    .description('write evidence against every member that signed two contradictory certificates')
    .requiredOption('--group <file>', 'group file')
    .requiredOption('--out <folder>', 'folder for the evidence, one file for each member; files in it stay')
    .option('--json', 'print JSON')
    .action((one: string, other: string, flags: CompareFlags) => compare(context, [one, other], flags));
  withStatuses(command, {
    ok: 'the certificates contradict each other; the evidence is written',
    denied: 'they prove no fault: one is not valid, both agree, or they are of different windows or ranks',
  });
  withExamples(command, [
    'watchbill coordinate certificate compare one.json other.json --group group.yaml --out evidence',
  ]);
}

async function compare(
  { io, exit }: Context,
  paths: readonly [string, string],
  { group, out, json }: CompareFlags,
): Promise<void> {
  const runtime = await loadRuntime();
  const file = readGroupFile(io, runtime, group);
  const result = compared(io, runtime, file, paths);
  if ('why' in result) {
    exit(EXIT.denied);
    print(io, json, { contradict: false, why: result.why }, () =>
      lines([`the certificates prove no fault: ${result.why}`]),
    );
    return;
  }
  const made = result.evidence.map((evidence) => {
    const { seat, kind, window } = evidence;
    const culprit = file.group.members[seat]?.name ?? '?';
    const named = join(out, runtime.evidenceName(window, { culprit, kind }));
    return {
      named,
      path: resolve(io.cwd, named),
      text: runtime.evidenceText(evidence),
      mode: 0o644,
      seat,
      culprit,
    };
  });
  writeNew(made.map(({ path, text, mode }) => ({ path, text, mode })));
  const evidence = made.map(({ path, seat, culprit }) => ({ seat, name: culprit, file: path }));
  print(io, json, { contradict: true, evidence }, () =>
    [
      'the certificates contradict each other; these members signed both:\n',
      ...made.map(({ seat, culprit, named }) => `${visible(`  seat ${seat}  ${culprit}  ${named}`)}\n`),
      'check each file with: watchbill coordinate verify-evidence FILE --group FILE\n',
    ].join(''),
  );
}

function compared(
  io: Io,
  runtime: Runtime,
  { group, schedule }: GroupFile,
  paths: readonly [string, string],
): ReturnType<Runtime['compareCertificateFiles']> {
  const [one, other] = paths.map((path) => readCertificateFile(io, runtime, path)) as [Read, Read];
  if (!one.ok) return { why: `the first one is not valid: ${one.why}` };
  if (!other.ok) return { why: `the second one is not valid: ${other.why}` };
  return runtime.compareCertificateFiles(group, schedule, [one, other], runtime.verifySignature);
}

type Read = ReturnType<typeof readCertificateFile>;
