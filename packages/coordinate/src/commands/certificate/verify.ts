import { visible } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { readGroupFile } from '../group-document.ts';
import { loadRuntime } from '../runtime.ts';
import { factsOf, factsText } from './facts.ts';
import { readCertificateFile } from './read.ts';

interface VerifyFlags {
  readonly group: string;
  readonly json?: boolean;
}

/** `coordinate certificate verify`: checks a certificate with the group file alone. */
export function addCertificateVerify(parent: Command, context: Context): void {
  const command = parent
    .command('verify')
    .argument('<file>', 'certificate, as `certificate export` wrote it')
    .description('check that a quorum of the group signed; needs only the group file, no chain and no key')
    .requiredOption('--group <file>', 'group file')
    .option('--json', 'print JSON')
    .action((file: string, options: VerifyFlags) => verify(context, file, options));
  withStatuses(command, {
    ok: 'the certificate is valid',
    denied: 'it is not valid: too few votes, a wrong signature, another group, or an altered file',
  });
  withExamples(command, [
    'watchbill coordinate certificate verify certificate-42.json --group group.yaml',
    'watchbill coordinate certificate verify certificate-42.json --group group.yaml --json',
  ]);
}

async function verify({ io, exit }: Context, path: string, { group, json }: VerifyFlags): Promise<void> {
  const runtime = await loadRuntime();
  const file = readGroupFile(io, runtime, group);
  const read = readCertificateFile(io, runtime, path);
  const why = read.ok
    ? runtime.checkCertificateFile(file.group, file.schedule, read, runtime.verifySignature)
    : read.why;
  if (!read.ok || why !== null) {
    exit(EXIT.denied);
    print(io, json, { valid: false, why }, () => `${visible(`the certificate is not valid: ${why}`)}\n`);
    return;
  }
  const facts = factsOf(runtime, file, read);
  print(io, json, { valid: true, ...facts }, () => `the certificate is valid\n${factsText(facts)}`);
}
