import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { openNode } from '@watchbill/chain/command/node';
import { columns, fault, messageOf, usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { lastWindow, type Runtime, windowOf } from '../../index.ts';
import { type GroupFile, readGroupFile } from '../group-document.ts';
import { loadRuntime } from '../runtime.ts';
import { type ExplainFlags, given } from './flags.ts';

const RPC_TIMEOUT_MS = 20_000;

type Explanation = ReturnType<Runtime['explainQuorum']>;

interface Inputs {
  readonly index: bigint;
  readonly seedInput: Uint8Array;
  readonly referenceHash: Uint8Array;
}

/** Explains a window of `quorum` from a group file and its inputs, given or read from a node. */
export async function explainQuorumWindow(io: Io, options: ExplainFlags): Promise<void> {
  const runtime = await loadRuntime();
  const file = readGroupFile(io, runtime, given(options.group, '--group'));
  const inputs =
    options.chain === undefined
      ? givenInputs(options)
      : await readInputs(runtime, file, options, options.chain);
  const { index, seedInput, referenceHash } = inputs;
  const explained = runtime.explainQuorum(file.group, file.schedule, index, seedInput, referenceHash);
  print(io, options.json, explained, () => asText(file, explained));
}

function givenInputs(options: ExplainFlags): Inputs {
  return {
    index: indexOf(given(options.window, '--window')),
    seedInput: bytesOf(given(options.seedInput, '--seed-input'), '--seed-input'),
    referenceHash: bytesOf(given(options.referenceHash, '--reference-hash'), '--reference-hash'),
  };
}

async function readInputs(
  runtime: Runtime,
  file: GroupFile,
  options: ExplainFlags,
  url: string,
): Promise<Inputs> {
  const node = await openNode(url, RPC_TIMEOUT_MS, 'flag --chain');
  try {
    return await inputsFrom(runtime, file, options, node);
  } catch (error) {
    if (error instanceof NodeFault) {
      const { message: what, remedy } = error;
      throw fault(`node-${error.code}`, 'unreachable', { what, where: 'flag --chain', remedy }, error);
    }
    throw error;
  } finally {
    node.close();
  }
}

async function inputsFrom(
  runtime: Runtime,
  { group, schedule }: GroupFile,
  options: ExplainFlags,
  node: NodeRpc,
): Promise<Inputs> {
  await refuseOtherChain(group.genesis, node);
  const geometry = runtime.windowSchedule(group);
  const index =
    options.window === undefined ? await lastIndex(runtime, group, node) : indexOf(options.window);
  const asks = runtime.quorumInputs(group, schedule, windowOf(geometry, index));
  const clock = runtime.chainClock({ nodes: [node], genesis: group.genesis, note: () => undefined });
  const signal = AbortSignal.timeout(RPC_TIMEOUT_MS);
  const told = [options.seedInput, options.referenceHash];
  const flags = ['--seed-input', '--reference-hash'];
  const [seedInput, referenceHash] = await Promise.all(
    asks.map((ask, place) => {
      const text = told[place];
      return text === undefined
        ? clock.input(ask, signal).catch(unreadable)
        : bytesOf(text, flags[place] ?? '');
    }),
  );
  if (seedInput === undefined || referenceHash === undefined) throw new Error('a window needs two inputs');
  return { index, seedInput, referenceHash };
}

function unreadable(error: unknown): never {
  const what = messageOf(error);
  const remedy =
    'name a window that the node has finalised, and a node that keeps its state for a seed of randomness';
  throw fault('no-inputs', 'fault', { what, where: 'flag --chain', remedy }, error);
}

async function refuseOtherChain(genesis: Uint8Array, node: NodeRpc): Promise<void> {
  const { genesisHash, hexOf } = await import('@watchbill/chain');
  const found = await genesisHash(node);
  if (found === hexOf(genesis)) return;
  throw usageFault(
    `the node follows the chain ${found}, the group is on ${hexOf(genesis)}`,
    'name a node of the chain of the group',
    'flag --chain',
  );
}

async function lastIndex(runtime: Runtime, group: GroupFile['group'], node: NodeRpc): Promise<bigint> {
  const { finalizedHead } = await import('@watchbill/chain');
  const { number } = await finalizedHead(node);
  const window = lastWindow(runtime.windowSchedule(group), BigInt(number));
  if (window !== null) return window.index;
  throw usageFault(`at height ${number} no window has begun yet`, 'wait, or give --window', 'flag --chain');
}

function indexOf(text: string): bigint {
  if (/^[1-9][0-9]{0,17}$/.test(text)) return BigInt(text);
  throw usageFault(
    `${text} is not the index of a window`,
    'give a whole number from 1, for example 42',
    'flag --window',
  );
}

function bytesOf(text: string, flag: string): Uint8Array {
  if (/^(0x)?[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text.replace(/^0x/, ''), 'hex');
  throw usageFault('the value is not a hash', 'give 64 hex digits, with or without 0x', `flag ${flag}`);
}

function asText({ group }: GroupFile, explained: Explanation): string {
  const { window, span, version, inputs, order, leaders, agenda, checklist, submitters } = explained;
  const name = (seat: number): string => group.members[seat]?.name ?? '?';
  const swaps = (shuffle: Explanation['order']): string =>
    shuffle.swaps.map(({ i, j }) => `${i}-${j}`).join(' ') || 'none';
  const rows: readonly (readonly [string, string])[] = [
    ['group', `${explained.group.name} 0x${explained.group.id}`],
    ['quorum', `${explained.quorum} of ${explained.members}; ${explained.faulty} may fail`],
    ['version', `${version.number} from height ${version.fromHeight}, digest ${version.digest}`],
    ['window', `${window.index}: blocks ${window.block} to ${window.activeEnd}`],
    [
      'span',
      `${span.number}, which began with window ${span.firstWindow}; this is its place ${span.position}`,
    ],
    ...inputs.map(({ kind, height, value }) => [kind, `of block ${height}: ${value}`] as const),
    ['seed', `${explained.seed}, SHA-256 of chain, group, version, span and the first of these`],
    ['order', `${order.order.map(name).join(' ')}; swaps ${swaps(order)} in the domain ${order.domain}`],
    ...leaders.map(
      (leader, rank) =>
        [
          `rank ${rank}`,
          `${leader.name} (seat ${leader.seat}) from block ${explained.rankHeights[rank]}`,
        ] as const,
    ),
    ...agenda.map(({ action, cadence, draw, isDue }) => {
      const drawn = draw === null ? '' : `, drew ${draw.drawn} in the domain ${draw.domain}`;
      return [action, `${cadence}${drawn}: ${isDue ? 'due' : 'not due'}`] as const;
    }),
    ['checklist', checklist.length === 0 ? 'noop alone' : `${checklist.join(', ')}; or a noop`],
    [
      'submitters',
      submitters.order
        .map((seat, place) => `${name(seat)} from ${explained.submitHeights[place]}`)
        .join(', '),
    ],
  ];
  return columns(rows);
}
