import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NodeRpc } from '@watchbill/chain';
import { openNode } from '@watchbill/chain/command/node';
import type { ChainMetadata } from '@watchbill/chain/extrinsics';
import { fault, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { whole, wholeOf } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Runtime } from '../index.ts';
import { actionSettings } from './member-setup.ts';
import { DEFAULT_CONFIG, readOperatorConfig } from './operator-config.ts';
import { loadRuntime } from './runtime.ts';

interface Flags {
  readonly config: string;
  readonly json?: boolean;
}

interface ApproveFlags extends Flags {
  readonly for: number;
}

interface VetoFlags extends Flags {
  readonly reason: string;
}

const MOST_WINDOW = 1e15;
/** A day of blocks of six seconds. */
const DEFAULT_BLOCKS = 14_400;
const MOST_BLOCKS = 10_000_000;

/** `coordinate approve`: this operator approves one call. */
export function addCoordinateApprove(parent: Command, { io }: Context): void {
  const command = parent
    .command('approve')
    .argument(
      '<call>',
      'a file with the call (`0x…`, or JSON with pallet, call and args), or the `0x…` itself',
    )
    .description('approve one call: this member then signs it once, for any leader')
    .option('--config <file>', 'configuration of this operator', DEFAULT_CONFIG)
    .option(
      '--for <blocks>',
      'how many blocks from now the approval is good',
      whole('--for', 'blocks', 1, MOST_BLOCKS),
      DEFAULT_BLOCKS,
    )
    .option('--json', 'print JSON')
    .action((call: string, options: ApproveFlags) => approve(io, call, options));
  withExamples(command, [
    'watchbill coordinate approve pay.json',
    'watchbill coordinate approve 0x00000402 --for 600 --config /etc/watchbill/coordinate.yaml',
  ]);
}

/** `coordinate approvals`: the calls that this operator approved, and those that wait for it. */
export function addCoordinateApprovals(parent: Command, { io }: Context): void {
  const command = parent
    .command('approvals')
    .description('list the calls that this operator approved, and those that wait for its approval')
    .option('--config <file>', 'configuration of this operator', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .action((options: Flags) => approvals(io, options));
  withExamples(command, ['watchbill coordinate approvals', 'watchbill coordinate approvals --json']);
}

/** `coordinate veto`: this operator stops a certified call before it is submitted. */
export function addCoordinateVeto(parent: Command, { io }: Context): void {
  const command = parent
    .command('veto')
    .argument('<window>', 'window of the certificate', (text: string) =>
      wholeOf(text, { where: 'argument WINDOW', of: 'windows', least: 1, most: MOST_WINDOW }),
    )
    .description('veto a certified call: the running member reports it, and no member submits the call')
    .requiredOption('--reason <text>', 'for the other operators; up to 150 characters')
    .option('--config <file>', 'configuration of this operator', DEFAULT_CONFIG)
    .option('--json', 'print JSON')
    .action((window: number, options: VetoFlags) => veto(io, window, options));
  withExamples(command, ['watchbill coordinate veto 42 --reason "unknown payee"']);
}

async function veto(io: Io, window: number, { reason, ...options }: VetoFlags): Promise<void> {
  const runtime = await loadRuntime();
  const document = readOperatorConfig(io, options.config);
  const { approvals: folder } = runtime.callFolders(actionSettings(runtime, document).get('call') ?? '{}');
  await runtime.writeVeto(folder, BigInt(window), reason);
  print(io, options.json, { window: `${window}`, reason }, () =>
    lines([
      `the veto of window ${window} is in ${folder}`,
      '  the running member reports it at the next finalised block; see the receipts in `coordinate windows`',
    ]),
  );
}

async function approve(io: Io, given: string, options: ApproveFlags): Promise<void> {
  const path = resolve(io.cwd, given);
  const text = existsSync(path) || !given.startsWith('0x') ? readText(path, { named: given }) : given;
  await withChain(io, options, async ({ runtime, folders, metadata, height }) => {
    const read = runtime.readGivenCall(metadata, text);
    if (read.result === 'refused')
      throw usageFault(
        `no call: ${read.why}`,
        'give a call of the runtime that the node has now; see "Send an extrinsic" in `watchbill docs coordinate-actions`',
        given,
      );
    const lastBlock = height + options.for;
    const file = await runtime.writeApproval(folders.approvals, metadata, read.bytes, lastBlock);
    const json = { file, folder: folders.approvals, call: read.text, lastBlock };
    print(io, options.json, json, () =>
      lines([`approved: ${read.text}`, `  once, up to block ${lastBlock}; ${file} in ${folders.approvals}`]),
    );
  });
}

async function approvals(io: Io, options: Flags): Promise<void> {
  await withChain(io, options, async ({ runtime, folders, metadata }) => {
    const list = async (folder: string | null) =>
      folder === null ? [] : runtime.openApprovals(folder, metadata);
    const [queue, approved] = [await list(folders.queue), await list(folders.approvals)];
    const waiting = await runtime.waitingCalls(folders.approvals);
    const known = new Set([...queue, ...approved].map(({ text }) => text));
    const open = waiting.filter(({ text }) => !known.has(text));
    print(io, options.json, { queue, approvals: approved, waiting: open }, () =>
      lines([
        'approved:',
        ...orNone(
          [...queue, ...approved].map(({ file, text, lastBlock }) => {
            return `${file}: ${text}${lastBlock === null ? '' : `, up to block ${lastBlock}`}`;
          }),
        ),
        'proposed, and not approved here:',
        ...orNone(
          open
            .map(({ text, call, why, window }) => `window ${window}: ${text}\n    ${why}\n    ${call}`)
            .flatMap((each) => each.split('\n')),
        ),
      ]),
    );
  });
}

function orNone(all: readonly string[]): readonly string[] {
  return all.length === 0 ? ['  none'] : all.map((line) => `  ${line}`);
}

interface ChainView {
  readonly runtime: Runtime;
  readonly folders: ReturnType<Runtime['callFolders']>;
  readonly metadata: ChainMetadata;
  /** The finalised one. */
  readonly height: number;
}

/** Reads the runtime of the operator's node, which gives the names of calls. */
async function withChain(io: Io, { config }: Flags, use: (view: ChainView) => Promise<void>): Promise<void> {
  const runtime = await loadRuntime();
  const document = readOperatorConfig(io, config);
  const folders = runtime.callFolders(actionSettings(runtime, document).get('call') ?? '{}');
  const { url, timeoutMs } = document.value.chain;
  const node = await openNode(url, timeoutMs, document.whereIs(['chain', 'url']));
  try {
    await use({ runtime, folders, ...(await runtimeNow(node, document.whereIs(['chain', 'url']))) });
  } finally {
    node.close();
  }
}

async function runtimeNow(
  node: NodeRpc,
  where: string,
): Promise<{ readonly metadata: ChainMetadata; readonly height: number }> {
  const { finalizedHead, NodeFault } = await import('@watchbill/chain');
  const { runtimeViews } = await import('@watchbill/chain/extrinsics');
  try {
    const { hash, number } = await finalizedHead(node);
    const { metadata } = await runtimeViews().at(node, hash);
    return { metadata, height: number };
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    throw fault('unreachable', 'unreachable', { what: error.message, where, remedy: error.remedy }, error);
  }
}
