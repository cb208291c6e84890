import { resolve } from 'node:path';
import { openNode } from '@watchbill/chain/command/node';
import { Fault, fault, messageOf, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { MOST_COUNT, whole } from '@watchbill/kit/command/numbers';
import { carryOut, refuseExisting } from '@watchbill/kit/command/planned-files';
import { print } from '@watchbill/kit/command/print';
import { repeated } from '@watchbill/kit/command/repeated';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Runtime } from '../../index.ts';
import { type GroupFile, hex } from '../group-document.ts';
import { ADDRESS_RULE, isListenAddress } from '../member-addresses.ts';
import { loadRuntime } from '../runtime.ts';
import { groupText } from './facts.ts';

interface CreateFlags {
  readonly name: string;
  readonly member: readonly string[];
  readonly resource: string;
  readonly genesis?: string;
  readonly chain?: string;
  readonly frequencyBlocks: number;
  readonly rankBlocks: number;
  readonly rankCount: number;
  readonly certificateBlocks: number;
  readonly heartbeatEvery: number;
  readonly out: string;
  readonly json?: boolean;
}

const RPC_TIMEOUT_MS = 10_000;
/** Stands in for the hash of the chain while only the other flags are checked. */
const NO_GENESIS = `0x${'00'.repeat(32)}`;

/** `coordinate group create`: the file that all members of a new group get. */
export function addGroupCreate(parent: Command, { io }: Context): void {
  const command = parent
    .command('create')
    .description('make the file of a new group from the lines that its members sent')
    .requiredOption('--name <name>', 'how people call the group')
    .option(
      '--member <line>',
      'name, public key and addresses of a member, as `init` printed them (repeat, in the order of the seats)',
      repeated,
      [],
    )
    .option('--resource <name>', 'the resource that the actions of the group use', 'default')
    .option('--genesis <hash>', 'hash of block 0 of the chain')
    .option('--chain <url>', 'node to read the genesis hash from, instead of --genesis')
    .option(
      '--frequency-blocks <n>',
      'a window begins at every multiple of this',
      whole('--frequency-blocks', 'blocks', 0, MOST_COUNT),
      600,
    )
    .option(
      '--rank-blocks <n>',
      'how long a leader has before the next may lead',
      whole('--rank-blocks', 'blocks', 0, MOST_COUNT),
      20,
    )
    .option(
      '--rank-count <n>',
      'how many leaders a window has',
      whole('--rank-count', 'leaders', 0, MOST_COUNT),
      4,
    )
    .option(
      '--certificate-blocks <n>',
      'how long certificates count after the last rank',
      whole('--certificate-blocks', 'blocks', 0, MOST_COUNT),
      20,
    )
    .option(
      '--heartbeat-every <n>',
      'a heartbeat every so many windows; 0 for none',
      whole('--heartbeat-every', 'windows', 0, MOST_COUNT),
      1,
    )
    .option('--out <file>', 'new file', 'group.yaml')
    .option('--json', 'print JSON')
    .action((options: CreateFlags) => create(io, options));
  withExamples(command, [
    'watchbill coordinate group create --name payouts --chain ws://127.0.0.1:9944 --member "alpha ed25519:0x… /ip4/203.0.113.5/tcp/7400" --member "bravo ed25519:0x… /ip4/203.0.113.6/tcp/7400" --member "carol sr25519:0x… /ip4/203.0.113.7/tcp/7400" --member "dave ed25519:0x… /ip4/203.0.113.8/tcp/7400"',
  ]);
}

async function create(io: Io, options: CreateFlags): Promise<void> {
  const runtime = await loadRuntime();
  const out = resolve(io.cwd, options.out);
  refuseExisting([out], '--out');
  // All flags are checked before the node is asked, so that a mistake does not wait for its answer.
  if (options.chain !== undefined) groupOf(runtime, options, NO_GENESIS);
  const file = groupOf(runtime, options, await genesisOf(options));
  carryOut({
    folders: [],
    files: [{ path: out, text: stringify(runtime.groupDocument(file)), mode: 0o644 }],
  });
  const json = { file: out, group: hex(file.groupId), members: file.group.members.length };
  print(io, options.json, json, () => {
    const next = 'send the file to all members; each runs: watchbill coordinate group join FILE';
    return `made ${out}\n${groupText(runtime, file)}\n${next}\n`;
  });
}

async function genesisOf({ genesis, chain }: CreateFlags): Promise<string> {
  if ((genesis === undefined) === (chain === undefined))
    throw usageFault('the chain of the group is not clear', 'give one of --genesis and --chain');
  if (genesis !== undefined) return genesis.toLowerCase();
  const node = await openNode(chain ?? '', RPC_TIMEOUT_MS, 'flag --chain');
  try {
    const { genesisHash } = await import('@watchbill/chain');
    return await genesisHash(node);
  } catch (error) {
    const what = messageOf(error);
    const remedy = 'see that the node runs, or give --genesis';
    throw fault('unreachable', 'unreachable', { what, where: 'flag --chain', remedy }, error);
  } finally {
    node.close();
  }
}

/** Without it on the agenda, the members of a group could never change. */
export function handOverItem({ HAND_OVER, MAX_BLOCKS }: Runtime) {
  return { action: HAND_OVER, every: 1, validityBlocks: Number(MAX_BLOCKS) };
}

function groupOf(runtime: Runtime, options: CreateFlags, genesis: string): GroupFile {
  const every = options.heartbeatEvery;
  const heartbeat = every === 0 ? [] : [{ action: 'heartbeat', every, validityBlocks: 50 }];
  const agenda = [handOverItem(runtime), ...heartbeat];
  const parsed = runtime.groupFileSchema.safeParse({
    format: runtime.GROUP_FORMAT,
    name: options.name,
    genesis,
    resource: options.resource,
    windows: {
      frequencyBlocks: options.frequencyBlocks,
      rankBlocks: options.rankBlocks,
      rankCount: options.rankCount,
      certificateBlocks: options.certificateBlocks,
    },
    members: options.member.map((line, place) => memberOf(line, place)),
    schedule: [{ version: 1, fromHeight: 0, agenda }],
  });
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({
      what: `${path.map(String).join('.')}: ${message}`,
      where: null,
      remedy: 'correct the flag of that name; see --help',
    }));
    throw new Fault('usage', 'usage', problems);
  }
  const read = runtime.readGroupDocument(parsed.data, () => null);
  if (read.ok) return read.file;
  const problems = read.problems.map(({ what, path, remedy }) => ({
    what,
    where: path[0] === 'members' ? `flag --member, number ${Number(path[1]) + 1}` : null,
    remedy,
  }));
  throw new Fault('usage', 'usage', problems);
}

/** A member from its line. Throws a usage fault that names the flag and the place. */
export function memberOf(line: string, place: number, flag = '--member') {
  const [name = '', key = '', ...addresses] = line.trim().split(/\s+/);
  const wrong = addresses.find((address) => !isListenAddress(address));
  if (wrong !== undefined)
    throw usageFault('a member has a wrong address', ADDRESS_RULE, `flag ${flag}, number ${place + 1}`);
  if (key !== '') return { name, key, addresses };
  throw usageFault(
    'a member needs a name and a public key',
    'give the line as `watchbill coordinate init` printed it: NAME KEY ADDRESS',
    `flag ${flag}, number ${place + 1}`,
  );
}
