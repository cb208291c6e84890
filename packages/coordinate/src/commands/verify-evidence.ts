import { resolve } from 'node:path';
import { fault, usageFault, visible } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { hex, readGroupFile } from './group-document.ts';
import { loadRuntime } from './runtime.ts';

interface VerifyFlags {
  readonly group: string;
  readonly json?: boolean;
}

/** `coordinate verify-evidence`: checks a file of evidence with that file and the group file alone. */
export function addVerifyEvidence(parent: Command, { io }: Context): void {
  const command = parent
    .command('verify-evidence')
    .argument('<file>', 'evidence, as a member keeps it in state/evidence')
    .description('check evidence against a member; needs only the group file, no chain and no key')
    .requiredOption('--group <file>', 'group file')
    .option('--json', 'print JSON')
    .action((file: string, options: VerifyFlags) => verify(io, file, options));
  withExamples(command, [
    'watchbill coordinate verify-evidence state/evidence/42-bravo-equivocation.json --group group.yaml',
  ]);
}

async function verify(io: Io, path: string, options: VerifyFlags): Promise<void> {
  const runtime = await loadRuntime();
  const file = readGroupFile(io, runtime, options.group);
  const { group, schedule, groupId } = file;
  const read = runtime.readEvidenceText(
    readText(resolve(io.cwd, path), { missing: 'name a file of evidence' }),
  );
  if (!read.ok) throw usageFault(read.why, 'give a file of evidence as a member wrote it, unchanged', path);
  const judges = runtime.judgesOf(runtime.operatorPlugins());
  const verdict = runtime.verifyEvidence(group, schedule, read.evidence, runtime.verifySignature, judges);
  if (!verdict.holds)
    throw fault('evidence', 'fault', {
      what: `the evidence does not hold: ${visible(verdict.why)}`,
      where: path,
      remedy: 'the file proves no fault of any member; check that the group file is the one of that window',
    });
  const { culprit, kind, window, weight, text } = verdict;
  const member = group.members[culprit]?.name ?? '?';
  const json = {
    holds: true,
    group: hex(groupId),
    culprit: { seat: culprit, name: member },
    kind,
    window: `${window}`,
    weight,
    text,
  };
  print(io, options.json, json, () => {
    const worth =
      weight === 'proof'
        ? 'This is a proof: the member signed these messages itself.'
        : 'These are statements of several members about another one. They never justify an automatic penalty.';
    return visible(`the evidence holds: ${kind} by ${member} (seat ${culprit}) in window ${window}`).concat(
      '\n',
      visible(`  ${text}`),
      '\n',
      `  ${worth}\n`,
    );
  });
}
