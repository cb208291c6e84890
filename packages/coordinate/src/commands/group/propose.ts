import { resolve } from 'node:path';
import { Fault, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut, refuseExisting } from '@watchbill/kit/command/planned-files';
import { print } from '@watchbill/kit/command/print';
import { repeated } from '@watchbill/kit/command/repeated';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Runtime } from '../../index.ts';
import { type GroupFile, hex, readGroupFile } from '../group-document.ts';
import { DEFAULT_CONFIG, readOperatorConfig } from '../operator-config.ts';
import { loadRuntime } from '../runtime.ts';
import { memberOf } from './create.ts';
import { groupText } from './facts.ts';

interface ProposeFlags {
  readonly config: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly out: string;
  readonly json?: boolean;
}

/** `coordinate group propose`: the file of a new group that takes over from the present one. */
export function addGroupPropose(parent: Command, { io }: Context): void {
  const command = parent
    .command('propose')
    .description('make the file of a group with other members, which takes over from the present group')
    .option('--config <file>', 'configuration of a member of the present group', DEFAULT_CONFIG)
    .option(
      '--add <line>',
      'name, public key and addresses of a new member, as `init` printed them (repeat)',
      repeated,
      [],
    )
    .option('--remove <name>', 'name of a member that leaves (repeat)', repeated, [])
    .option('--out <file>', 'new file', 'group-next.yaml')
    .option('--json', 'print JSON')
    .action((options: ProposeFlags) => propose(io, options));
  withExamples(command, [
    'watchbill coordinate group propose --add "erin ed25519:0x… /ip4/203.0.113.9/tcp/7400"',
    'watchbill coordinate group propose --remove dave --add "erin ed25519:0x… /ip4/203.0.113.9/tcp/7400" --out group-2.yaml',
  ]);
}

async function propose(io: Io, options: ProposeFlags): Promise<void> {
  const runtime = await loadRuntime();
  const out = resolve(io.cwd, options.out);
  refuseExisting([out], '--out');
  const old = readGroupFile(io, runtime, readOperatorConfig(io, options.config).value.group);
  const file = successorOf(runtime, old, options);
  const text = stringify(runtime.groupDocument(file));
  carryOut({ folders: [], files: [{ path: out, text, mode: 0o644 }] });
  const handsOver = old.schedule.some(({ agenda }) =>
    agenda.some(({ action }) => action === runtime.HAND_OVER),
  );
  const next = handsOver
    ? 'send the file to all members, old and new; each member of the old group runs: watchbill coordinate group hand-over FILE'
    : `first add the action ${runtime.HAND_OVER} to the agenda of the present group, as a new version of its schedule; see "A new group with other members" in \`watchbill docs coordinate\``;
  const json = { file: out, group: hex(file.groupId), predecessor: hex(old.groupId), handsOver };
  print(io, options.json, json, () => `made ${out}\n${groupText(runtime, file)}\n${next}\n`);
}

/** The group with the changed members. Throws a usage fault for a change that makes no group. */
function successorOf(runtime: Runtime, old: GroupFile, { add, remove }: ProposeFlags): GroupFile {
  if (add.length + remove.length === 0)
    throw usageFault('the new group would have the same members', 'give --add or --remove', 'flag --add');
  const names = old.group.members.map(({ name }) => name);
  const unknown = remove.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw usageFault(
      `${unknown} is not a member of the group ${old.group.name}`,
      `use one of ${names.join(', ')}`,
      'flag --remove',
    );
  const document = runtime.groupDocument(old) as { readonly members: readonly { readonly name: string }[] };
  const stay = document.members.filter(({ name }) => !remove.includes(name));
  const added = add.map((line, place) => memberOf(line, place, '--add'));
  const parsed = runtime.groupFileSchema.parse({
    ...document,
    id: undefined,
    predecessor: hex(old.groupId),
    members: [...stay, ...added],
  });
  const read = runtime.readGroupDocument(parsed, () => null);
  if (read.ok) return read.file;
  const problems = read.problems.map(({ what, remedy }) => ({ what, where: 'flag --add', remedy }));
  throw new Fault('usage', 'usage', problems);
}
