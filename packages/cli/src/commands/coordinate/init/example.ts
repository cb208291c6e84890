import { join, relative, resolve } from 'node:path';
import type { Runtime } from '@watchbill/coordinate';
import { freePorts } from '@watchbill/fleet/ports';
import { stringify } from 'yaml';
import { openNode } from '../../../client/node.ts';
import { print } from '../../../output/print.ts';
import { fault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { carryOut, type PlannedFile, refuseExisting } from '../../init/plan.ts';
import { handOverItem } from '../group/create.ts';
import { hex } from '../group-document.ts';
import { DEFAULT_CONFIG } from '../operator-config.ts';
import { devChainYaml, operatorYaml } from './files.ts';
import { type InitFlags, planKey } from './key.ts';

export const NAMES = ['one', 'two', 'three', 'four'];
export const GROUP_FILE = 'group.yaml';
export const DEV_CHAIN_FILE = 'dev-chain.yaml';
const RPC_TIMEOUT_MS = 10_000;

/**
 * A window every 20 blocks, a rank every 3: with blocks of a second something is to be seen within half a
 * minute.
 */
const WINDOWS = { frequencyBlocks: 20, rankBlocks: 3, rankCount: 4, certificateBlocks: 3 };

/** The chain of an example: an existing node, or a dev chain. */
export interface Chain {
  readonly url: string;
  readonly genesis: string;
  readonly files: readonly PlannedFile[];
}

/** Four operators in four folders, their group, and a dev chain unless a node is named. */
export async function initExample(
  io: Io,
  runtime: Runtime,
  options: InitFlags,
  folder: string,
): Promise<void> {
  const dir = resolve(io.cwd, folder);
  const homes = NAMES.map((name) => join(dir, name));
  refuseExisting([join(dir, GROUP_FILE), join(dir, DEV_CHAIN_FILE), ...homes]);
  const [chainPort = 0, ...ports] = await freePorts(1 + 2 * NAMES.length);
  const chain = await chainOf(io, runtime, { dir, port: chainPort, options });
  const places = NAMES.map((_, seat) => {
    const [port = 0, httpPort = 0] = ports.slice(2 * seat);
    return { listen: `/ip4/127.0.0.1/tcp/${port}`, httpPort };
  });
  const keys = homes.map((home) => planKey(runtime, join(home, 'operator.key'), options.scheme));
  const members = NAMES.map((name, seat) => ({
    name,
    key: keys[seat]?.publicKey ?? '',
    addresses: [places[seat]?.listen ?? ''],
  }));
  const { text, id } = groupText(runtime, chain.genesis, members);
  const configs = homes.map((home, seat): PlannedFile => {
    const { listen, httpPort } = places[seat] ?? { listen: '', httpPort: 0 };
    const yaml = operatorYaml({ group: `../${GROUP_FILE}`, listen, chain: chain.url, httpPort });
    return { path: join(home, DEFAULT_CONFIG), text: yaml, mode: 0o644 };
  });
  const groupFile: PlannedFile = { path: join(dir, GROUP_FILE), text, mode: 0o644 };
  const keyFiles = keys.map(({ file }) => file);
  carryOut({ folders: [], files: [groupFile, ...chain.files, ...keyFiles, ...configs] });
  tell(io, options, { dir, id, hasDevChain: chain.files.length > 0 });
}

/** The node that `--chain` names, or a new dev chain in the folder. */
export async function chainOf(
  io: Io,
  runtime: Runtime,
  { dir, options, port }: { readonly dir: string; readonly port: number; readonly options: InitFlags },
): Promise<Chain> {
  if (options.chain !== undefined) return existing(options.chain);
  return devChain(io, runtime, dir, port, options.blockMs);
}

function devChain(io: Io, runtime: Runtime, dir: string, port: number, blockMs: number): Chain {
  const startedAtMs = io.clock.nowMs();
  const { genesis } = runtime.devChain({ name: 'dev', startedAtMs, blockMs });
  const text = devChainYaml({ startedAtMs, blockMs, port });
  const file: PlannedFile = { path: join(dir, DEV_CHAIN_FILE), text, mode: 0o644 };
  return { url: `ws://127.0.0.1:${port}`, genesis: hex(genesis), files: [file] };
}

async function existing(url: string): Promise<Chain> {
  const node = await openNode(url, RPC_TIMEOUT_MS, 'flag --chain');
  try {
    const { genesisHash } = await import('@watchbill/chain');
    return { url, genesis: await genesisHash(node), files: [] };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const remedy = 'start the node first, or leave --chain out for a dev chain';
    throw fault('unreachable', 'unreachable', { what, where: 'flag --chain', remedy }, error);
  } finally {
    node.close();
  }
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

function tell(
  io: Io,
  options: InitFlags,
  { dir, id, hasDevChain }: { readonly dir: string; readonly id: string; readonly hasDevChain: boolean },
): void {
  const at = (...path: readonly string[]): string => relative(io.cwd, join(dir, ...path)) || '.';
  const commands = [
    ...(hasDevChain ? [`watchbill coordinate dev-chain ${at(DEV_CHAIN_FILE)}`] : []),
    ...NAMES.map((name) => `watchbill coordinate run --config ${at(name, DEFAULT_CONFIG)}`),
  ];
  print(io, options.json, { group: id, folder: dir, commands }, () => {
    const chain = hasDevChain
      ? 'The dev chain has empty blocks: no accounts, no validators, no security.\n'
      : '';
    const list = commands.map((line) => `  ${line}\n`).join('');
    const look = `watchbill coordinate status --config ${at('one', DEFAULT_CONFIG)}`;
    return `made the group demo, ${id}\nin ${at()}: ${GROUP_FILE} and a folder for each of ${NAMES.join(', ')}\n${chain}\nrun each of these in a separate terminal:\n${list}\nthen look:\n  ${look}\n`;
  });
}
