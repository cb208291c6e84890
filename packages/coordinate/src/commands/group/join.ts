import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut } from '@watchbill/kit/command/planned-files';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { hex, readGroupFile } from '../group-document.ts';
import { operatorFile } from '../member-setup.ts';
import { DEFAULT_CONFIG, readOperatorConfig } from '../operator-config.ts';
import { loadRuntime } from '../runtime.ts';
import { groupText } from './facts.ts';

interface JoinFlags {
  readonly config: string;
  readonly json?: boolean;
}

/** `coordinate group join`: checks a group file and writes it to the path that the configuration names. */
export function addGroupJoin(parent: Command, { io }: Context): void {
  const command = parent
    .command('join')
    .argument('<file>', 'group file')
    .description(
      'check a group file, find the seat of this operator in it, and put it beside the configuration',
    )
    .option('--config <file>', 'configuration of this operator', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .action((file: string, options: JoinFlags) => join(io, file, options));
  withExamples(command, [
    'watchbill coordinate group join group.yaml',
    'watchbill coordinate group join ~/Downloads/group.yaml --config /etc/watchbill/coordinate.yaml',
  ]);
}

async function join(io: Io, given: string, options: JoinFlags): Promise<void> {
  const runtime = await loadRuntime();
  const document = readOperatorConfig(io, options.config);
  const source = resolve(io.cwd, given);
  const file = readGroupFile(io, runtime, source);
  const { identity: key } = operatorFile(runtime, document);
  const seat = file.group.members.findIndex((member) => runtime.sameIdentity(member, key));
  if (seat < 0)
    throw usageFault(
      `the key of this operator, ${runtime.publicKeyText(key)}, is not a member of the group`,
      'send that key to the person who makes the group file, or use the configuration that has the right key',
      source,
    );
  const target = document.value.group;
  place(source, target, readFileSync(source, 'utf8'));
  const member = file.group.members[seat]?.name ?? '';
  const json = { group: hex(file.groupId), seat, member, file: target };
  print(io, options.json, json, () => {
    const text = `${groupText(runtime, file)}\nthis operator is ${member}, seat ${seat}; the file is ${target}\n`;
    return `${text}compare the id with the other members, then run: watchbill coordinate run --config ${options.config}\n`;
  });
}

function place(source: string, target: string, text: string): void {
  if (source === target) return;
  if (!existsSync(target)) {
    carryOut({ folders: [], files: [{ path: target, text, mode: 0o644 }] });
    return;
  }
  if (readFileSync(target, 'utf8') === text) return;
  throw usageFault(
    `${target} exists already and is another file`,
    'a newer schedule of the same group: replace the file yourself, on all members before its height; another group: use another folder',
    target,
  );
}
