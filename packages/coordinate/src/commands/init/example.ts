import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { stringify } from 'yaml';
import type { Runtime } from '../../index.ts';
import { handOverItem } from '../group/create.ts';
import { hex } from '../group-document.ts';
import { nextSteps, planExample, writeExample } from './example-folder.ts';
import { type InitFlags, planKey } from './key.ts';

/**
 * A window every 20 blocks, a rank every 3: with blocks of a second something is to be seen within half a
 * minute.
 */
const WINDOWS = { frequencyBlocks: 20, rankBlocks: 3, rankCount: 4, certificateBlocks: 3 };

/** Four operators in four folders, their group, and a dev chain unless a node is named. */
export async function initExample(
  io: Io,
  runtime: Runtime,
  options: InitFlags,
  folder: string,
): Promise<void> {
  const example = await planExample(io, runtime, options, folder);
  const operators = example.operators.map((operator) => ({
    ...operator,
    key: planKey(runtime, operator.keyFile, options.scheme),
  }));
  const members = operators.map(({ name, key, listen }) => ({
    name,
    key: key.publicKey,
    addresses: [listen],
  }));
  const { text, id } = groupText(runtime, example.chain.genesis, members);
  writeExample(
    example,
    text,
    operators.map(({ key }) => key.file),
  );
  const { commands, hasDevChain, how, look, made } = nextSteps(io, example, 'run');
  print(io, options.json, { group: id, folder: example.dir, commands }, () => {
    const chain = hasDevChain
      ? 'The dev chain has empty blocks: no accounts, no validators, no security.\n'
      : '';
    return `made the group demo, ${id}\n${made}${chain}${how}\nthen look:\n  ${look}\n`;
  });
}

function groupText(
  runtime: Runtime,
  genesis: string,
  members: readonly unknown[],
): { readonly text: string; readonly id: string } {
  const agenda = [handOverItem(runtime), { action: 'heartbeat', every: 1, validityBlocks: 12 }];
  const document = runtime.groupFileSchema.parse({
    format: runtime.GROUP_FORMAT,
    name: 'demo',
    genesis,
    resource: 'demo',
    windows: WINDOWS,
    members,
    schedule: [{ version: 1, fromHeight: 0, stageBlocks: 2, agenda }],
  });
  const read = runtime.readGroupDocument(document, () => null);
  if (!read.ok) throw new Error(read.problems.map(({ what }) => what).join('; '));
  return { text: stringify(runtime.groupDocument(read.file)), id: hex(read.file.groupId) };
}
