import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { MOST_COUNT, whole } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import { replaceFile } from '@watchbill/kit/command/write-files';
import { makeFoldersSync } from '@watchbill/kit/files';
import type { Command } from 'commander';
import { hex, readGroupFile } from '../group-document.ts';
import { DEFAULT_CONFIG, readOperatorConfig } from '../operator-config.ts';
import { loadRuntime } from '../runtime.ts';
import { byCertificate, heldFrom, takeOverFiles } from '../take-over.ts';

interface AdoptFlags {
  readonly config: string;
  readonly predecessor: string;
  readonly certificate?: string;
  readonly oldStoppedAt?: number;
  readonly json?: boolean;
}

/** `coordinate group adopt`: a member of the new group takes over the resource from the old one. */
export function addGroupAdopt(parent: Command, { io }: Context): void {
  const command = parent
    .command('adopt')
    .description(
      'give a member of a new group the hand-over of the old group; it acts from its next start on',
    )
    .requiredOption('--predecessor <file>', 'group file of the old group')
    .option(
      '--certificate <file>',
      'certificate of the hand-over, from `certificate export` of an old member',
    )
    .option(
      '--old-stopped-at <height>',
      'instead of a certificate: you state that the old group stopped signing at this height for good',
      whole('--old-stopped-at', 'height', 0, MOST_COUNT),
    )
    .option('--config <file>', 'configuration of a member of the new group', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .action((options: AdoptFlags) => adopt(io, options));
  withExamples(command, [
    'watchbill coordinate group adopt --predecessor group-1.yaml --certificate certificate-42.json --config coordinate-2.yaml',
    'watchbill coordinate group adopt --predecessor group-1.yaml --old-stopped-at 81000',
  ]);
}

async function adopt(io: Io, options: AdoptFlags): Promise<void> {
  const { certificate, oldStoppedAt } = options;
  if ((certificate === undefined) === (oldStoppedAt === undefined))
    throw usageFault(
      'the end of the old group is not clear',
      'give one of --certificate and --old-stopped-at',
      'flag --certificate',
    );
  const runtime = await loadRuntime();
  const { stateDir, group: path } = readOperatorConfig(io, options.config).value;
  const file = readGroupFile(io, runtime, path);
  const predecessor = resolve(io.cwd, options.predecessor);
  const old = readGroupFile(io, runtime, predecessor);
  const taken =
    certificate === undefined
      ? runtime.takeOverAfterStop(file.group, old, BigInt(oldStoppedAt ?? 0))
      : byCertificate(io, runtime, file, old, certificate);
  const from = heldFrom(taken, certificate ?? 'flag --old-stopped-at');
  const files = takeOverFiles(stateDir);
  makeFoldersSync(files.folder, 0o700);
  replaceFile(files.group, readText(predecessor, { named: options.predecessor }), 0o600);
  if (certificate === undefined)
    replaceFile(files.statement, `${JSON.stringify({ stoppedAt: `${oldStoppedAt}` })}\n`, 0o600);
  else replaceFile(files.certificate, readText(resolve(io.cwd, certificate), { named: certificate }), 0o600);
  const by = certificate === undefined ? 'statement' : 'certificate';
  const json = { group: hex(file.groupId), predecessor: hex(old.groupId), by, heldFrom: `${from}` };
  print(io, options.json, json, () =>
    lines([
      `${file.group.name} ${hex(file.groupId).slice(0, 10)}… takes over ${file.group.resource} from ${hex(old.groupId).slice(0, 10)}…`,
      `  this member acts on it from block ${from} on; restart it if it runs`,
    ]),
  );
}
