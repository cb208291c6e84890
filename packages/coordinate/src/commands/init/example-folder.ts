import { join, relative, resolve } from 'node:path';
import { openNode } from '@watchbill/chain/command/node';
import { fault, messageOf } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut, type PlannedFile, refuseExisting } from '@watchbill/kit/command/planned-files';
import { freePorts } from '@watchbill/kit/ports';
import type { Runtime } from '../../index.ts';
import { hex } from '../group-document.ts';
import { DEFAULT_CONFIG } from '../operator-config.ts';
import { devChainYaml, operatorYaml } from './files.ts';
import type { InitFlags } from './key.ts';

const NAMES = ['one', 'two', 'three', 'four'];
const GROUP_FILE = 'group.yaml';
const DEV_CHAIN_FILE = 'dev-chain.yaml';
const RPC_TIMEOUT_MS = 10_000;

/** One operator of an example. */
export interface ExampleOperator {
  readonly name: string;
  readonly keyFile: string;
  /** A multiaddr. */
  readonly listen: string;
  readonly httpPort: number;
}

/** The chain of an example: an existing node, or a dev chain. */
interface Chain {
  readonly url: string;
  readonly genesis: string;
  readonly files: readonly PlannedFile[];
}

/** Four operators in four folders beside their group file, and a dev chain unless a node is named. */
export interface ExampleFolder {
  readonly dir: string;
  readonly chain: Chain;
  readonly operators: readonly ExampleOperator[];
}

/** Chooses folders and ports, and reads the chain. Throws a usage fault if a file is there already. */
export async function planExample(
  io: Io,
  runtime: Runtime,
  options: InitFlags,
  folder: string,
): Promise<ExampleFolder> {
  const dir = resolve(io.cwd, folder);
  refuseExisting([GROUP_FILE, DEV_CHAIN_FILE, ...NAMES].map((name) => join(dir, name)));
  const [chainPort = 0, ...ports] = await freePorts(1 + 2 * NAMES.length);
  const chain =
    options.chain === undefined
      ? devChain(io, runtime, dir, chainPort, options.blockMs)
      : await existing(options.chain);
  const operators = NAMES.map((name, seat) => {
    const [port = 0, httpPort = 0] = ports.slice(2 * seat);
    const keyFile = join(dir, name, 'operator.key');
    return { name, keyFile, listen: `/ip4/127.0.0.1/tcp/${port}`, httpPort };
  });
  return { dir, chain, operators };
}

/** Writes the group file, the chain, the keys, and a configuration for each operator: all or none. */
export function writeExample(
  { dir, chain, operators }: ExampleFolder,
  groupText: string,
  keys: readonly PlannedFile[],
): void {
  const groupFile: PlannedFile = { path: join(dir, GROUP_FILE), text: groupText, mode: 0o644 };
  const configs = operators.map(({ name, httpPort, listen }): PlannedFile => {
    const text = operatorYaml({ group: `../${GROUP_FILE}`, listen, chain: chain.url, httpPort });
    return { path: join(dir, name, DEFAULT_CONFIG), text, mode: 0o644 };
  });
  carryOut({ folders: [], files: [groupFile, ...chain.files, ...keys, ...configs] });
}

/** The text for a person after {@link writeExample}, and the commands that start the example. */
export function nextSteps(io: Io, { dir, chain, operators }: ExampleFolder, run: string) {
  const at = (...path: readonly string[]): string => relative(io.cwd, join(dir, ...path)) || '.';
  const hasDevChain = chain.files.length > 0;
  const configs = operators.map(({ name }) => at(name, DEFAULT_CONFIG));
  const commands = [
    ...(hasDevChain ? [`watchbill coordinate dev-chain ${at(DEV_CHAIN_FILE)}`] : []),
    ...configs.map((config) => `watchbill coordinate ${run} --config ${config}`),
  ];
  const list = commands.map((line) => `  ${line}\n`).join('');
  return {
    hasDevChain,
    commands,
    made: `in ${at()}: ${GROUP_FILE} and a folder for each of ${NAMES.join(', ')}\n`,
    how: `\nrun each of these in a separate terminal:\n${list}`,
    look: `watchbill coordinate status --config ${configs[0] ?? ''}`,
  };
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
    const what = messageOf(error);
    const remedy = 'start the node first, or leave --chain out for a dev chain';
    throw fault('unreachable', 'unreachable', { what, where: 'flag --chain', remedy }, error);
  } finally {
    node.close();
  }
}
