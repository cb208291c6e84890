import { resolve } from 'node:path';
import { usageFault, visible } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { writeNew } from '@watchbill/kit/command/write-files';
import type { Command } from 'commander';
import type { CertificateFile, Runtime } from '../../index.ts';
import { type GroupFile, hex, readGroupFile } from '../group-document.ts';
import { lookOptions, type MemberFlags } from '../member-place.ts';
import { readOperatorConfig } from '../operator-config.ts';
import { loadRuntime } from '../runtime.ts';
import { factsOf, factsText } from './facts.ts';
import { memberCertificate } from './member-certificate.ts';
import { readCertificateFile } from './read.ts';

interface ShowFlags extends MemberFlags {
  readonly group?: string;
  readonly json?: boolean;
}

interface ExportFlags extends MemberFlags {
  readonly out: string;
  readonly json?: boolean;
}

const NOT_KEPT = { denied: 'the member keeps no certificate of that window' } as const;
const WINDOW = /^[1-9][0-9]{0,19}$/;

/** `coordinate certificate show`: the facts of a certificate. */
export function addCertificateShow(parent: Command, { io }: Context): void {
  const command = parent
    .command('show')
    .argument('<file|window>', 'certificate, or the window of one that the member keeps, for example 42')
    .description('show who signed, window, rank, action and lease of a certificate');
  lookOptions(command)
    .option('--group <file>', 'group file, instead of that in the configuration')
    .option('--json', 'print JSON')
    .action((given: string, options: ShowFlags) => show(io, given, options));
  withStatuses(command, NOT_KEPT);
  withExamples(command, [
    'watchbill coordinate certificate show 42',
    'watchbill coordinate certificate show certificate-42.json --group group.yaml',
  ]);
}

/** `coordinate certificate export`: a certificate that the member keeps, as a file for others. */
export function addCertificateExport(parent: Command, { io }: Context): void {
  const command = parent
    .command('export')
    .argument('<window>', 'a window whose action this member took up, for example 42')
    .description('write a certificate of a running member, or of its state folder, to a file')
    .requiredOption('--out <file>', 'new file');
  lookOptions(command)
    .option('--json', 'print JSON')
    .action((given: string, options: ExportFlags) => exportTo(io, given, options));
  withStatuses(command, NOT_KEPT);
  withExamples(command, [
    'watchbill coordinate certificate export 42 --out certificate-42.json',
    'watchbill coordinate certificate export 42 --out certificate-42.json --url http://127.0.0.1:8460',
  ]);
}

async function show(io: Io, given: string, options: ShowFlags): Promise<void> {
  const runtime = await loadRuntime();
  const group = groupOf(io, runtime, options);
  const file = await givenCertificate(io, runtime, given, options);
  const named = hex(file.groupId);
  if (named !== hex(group.groupId))
    throw usageFault(
      `the certificate is of another group: ${named}`,
      'name its group file with --group',
      given,
    );
  const why = runtime.checkCertificateFile(group.group, group.schedule, file, runtime.verifySignature);
  const facts = factsOf(runtime, group, file);
  print(io, options.json, { valid: why === null, why, ...facts }, () =>
    visible(`certificate of window ${facts.window}: ${why === null ? 'valid' : `not valid: ${why}`}`).concat(
      '\n',
      factsText(facts),
    ),
  );
}

async function exportTo(io: Io, given: string, options: ExportFlags): Promise<void> {
  const runtime = await loadRuntime();
  if (!WINDOW.test(given))
    throw usageFault(
      `${visible(given)} is not a window`,
      'give a number from 1 on, for example 42',
      'argument WINDOW',
    );
  const file = await memberCertificate(io, runtime, BigInt(given), options);
  const out = resolve(io.cwd, options.out);
  writeNew([{ path: out, text: runtime.certificateText(file), mode: 0o644 }]);
  print(io, options.json, { file: out, window: given, group: hex(file.groupId) }, () =>
    lines([
      `the certificate of window ${given} is in ${out}`,
      '  anyone with the group file can check it: watchbill coordinate certificate verify FILE --group FILE',
    ]),
  );
}

function groupOf(io: Io, runtime: Runtime, { group, url, config }: ShowFlags): GroupFile {
  if (group !== undefined) return readGroupFile(io, runtime, group);
  if (url !== undefined)
    throw usageFault(
      'the group is not clear',
      'with --url, name the group file with --group',
      'flag --group',
    );
  return readGroupFile(io, runtime, readOperatorConfig(io, config).value.group);
}

async function givenCertificate(
  io: Io,
  runtime: Runtime,
  given: string,
  options: ShowFlags,
): Promise<CertificateFile> {
  if (WINDOW.test(given)) return memberCertificate(io, runtime, BigInt(given), options);
  const read = readCertificateFile(io, runtime, given);
  if (!read.ok) throw usageFault(read.why, 'give a file as `certificate export` wrote it, unchanged', given);
  return read;
}
