import { existsSync } from 'node:fs';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { hex, readGroupFile } from '../group-document.ts';
import { DEFAULT_CONFIG, readOperatorConfig } from '../operator-config.ts';
import { loadRuntime } from '../runtime.ts';
import { readTakeOver, successorFile } from '../take-over.ts';
import { groupText } from './facts.ts';

interface ShowFlags {
  readonly config: string;
  readonly json?: boolean;
}

/** `coordinate group show`: the group of a configuration, and whether it holds its resource. */
export function addGroupShow(parent: Command, { io }: Context): void {
  const command = parent
    .command('show')
    .description(
      'show the group of a configuration, whether it holds its resource, and its approved successor',
    )
    .option('--config <file>', 'configuration of this operator', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .action((options: ShowFlags) => show(io, options));
  withExamples(command, [
    'watchbill coordinate group show',
    'watchbill coordinate group show --config /etc/watchbill/coordinate.yaml --json',
  ]);
}

async function show(io: Io, options: ShowFlags): Promise<void> {
  const runtime = await loadRuntime();
  const { stateDir, group: path } = readOperatorConfig(io, options.config).value;
  const file = readGroupFile(io, runtime, path);
  const { predecessor, name, resource } = file.group;
  const taken = readTakeOver(io, runtime, stateDir, file);
  const approved = successorFile(stateDir);
  const successor = existsSync(approved) ? readText(approved, { named: approved }).trim() : null;
  const json = {
    ...{ group: hex(file.groupId), name, resource, members: file.group.members.map((member) => member.name) },
    predecessor: predecessor === undefined ? null : hex(predecessor),
    heldFrom: taken === null ? null : `${taken.heldFrom}`,
    holds: predecessor === undefined || taken !== null,
    by: taken?.by ?? null,
    successor,
  };
  print(io, options.json, json, () => {
    const held =
      taken === null
        ? 'not held: run `watchbill coordinate group adopt` with the hand-over of the old group'
        : `held from block ${taken.heldFrom}, by the ${taken.by} of the hand-over`;
    return lines([
      groupText(runtime, file).trimEnd(),
      ...(predecessor === undefined ? [] : [`resource  ${held}`]),
      ...(successor === null ? [] : [`successor approved here: ${successor}`]),
    ]);
  });
}
