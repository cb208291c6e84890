import { dirname, resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { replaceFile } from '@watchbill/kit/command/write-files';
import { makeFoldersSync } from '@watchbill/kit/files';
import type { Command } from 'commander';
import { hex, readGroupFile } from '../group-document.ts';
import { DEFAULT_CONFIG, readOperatorConfig } from '../operator-config.ts';
import { loadRuntime } from '../runtime.ts';
import { successorFile } from '../take-over.ts';

interface HandOverFlags {
  readonly config: string;
  readonly json?: boolean;
}

/** `coordinate group hand-over`: this operator approves that its group gives the resource to a new one. */
export function addGroupHandOver(parent: Command, { io }: Context): void {
  const command = parent
    .command('hand-over')
    .argument('<file>', 'group file of the new group, as `group propose` wrote it')
    .description(
      'approve the new group: this member then signs the hand-over, after which the old group never acts again',
    )
    .option('--config <file>', 'configuration of a member of the old group', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .action((file: string, options: HandOverFlags) => handOver(io, file, options));
  withExamples(command, ['watchbill coordinate group hand-over group-next.yaml']);
}

async function handOver(io: Io, given: string, options: HandOverFlags): Promise<void> {
  const runtime = await loadRuntime();
  const { stateDir, group: path } = readOperatorConfig(io, options.config).value;
  const old = readGroupFile(io, runtime, path);
  const source = resolve(io.cwd, given);
  const successor = readGroupFile(io, runtime, source);
  const problem = runtime.successionProblem(successor.group, old.group);
  if (problem !== null)
    throw usageFault(problem, 'make the file with `watchbill coordinate group propose`', source);
  const file = successorFile(stateDir);
  makeFoldersSync(dirname(file), 0o700);
  replaceFile(file, runtime.handOverContent(successor.group), 0o600);
  const json = { group: hex(old.groupId), successor: hex(successor.groupId), file };
  print(io, options.json, json, () =>
    lines([
      `approved: ${old.group.name} hands ${old.group.resource} over to ${hex(successor.groupId)}`,
      `  ${runtime.quorumOf(old.group.members.length)} of ${old.group.members.length} members have to approve it; then the next free window certifies it`,
      `  to withdraw, remove ${file} before the certificate`,
    ]),
  );
}
