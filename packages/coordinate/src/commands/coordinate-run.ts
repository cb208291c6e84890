import type { NodeRpc } from '@watchbill/chain';
import { usageFault, visible } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { type Command, Option } from 'commander';
import type { Runtime } from '../index.ts';
import { hex } from './group-document.ts';
import { type MemberSetup, memberSetup, openNodes } from './member-setup.ts';
import { DEFAULT_CONFIG, type OperatorDocument } from './operator-config.ts';
import { loadRuntime } from './runtime.ts';
import { transportOf } from './transports.ts';

interface RunFlags {
  readonly config: string;
  readonly profile: 'quorum' | 'rfc12';
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

type Line = Parameters<Parameters<Runtime['runMember']>[0]['say']>[0];

/** `coordinate run`: one member of a group, until SIGTERM or SIGINT. */
export function addCoordinateRun(parent: Command, { io }: Context): void {
  const command = parent
    .command('run')
    .description('run one member of a group until SIGTERM or Ctrl-C')
    .option('--config <file>', 'configuration of this operator', DEFAULT_CONFIG)
    .addOption(
      new Option('--profile <name>', 'quorum, or rfc12: one operator of a wallet, as keep-core coordinates')
        .choices(['quorum', 'rfc12'])
        .default('quorum'),
    )
    .option(
      '--dry-run',
      'print for each window the proposals, votes and actions of this member, without signing or sending them',
    )
    .option('--json', 'print one line of JSON for each event')
    .action((options: RunFlags) => run(io, options));
  withExamples(command, [
    'watchbill coordinate run',
    'watchbill coordinate run --config /etc/watchbill/coordinate.yaml --json',
    'watchbill coordinate run --dry-run',
    'watchbill coordinate run --profile rfc12 --config wallet-demo/one/coordinate.yaml',
  ]);
}

async function run(io: Io, options: RunFlags): Promise<void> {
  const runtime = await loadRuntime();
  const { document, start } = await processOf(io, runtime, options);
  const say = speaker(io, options.json === true);
  const nodes = await openNodes(document);
  const stop = stopped(io);
  try {
    await start(nodes, say, stop.signal);
    say({ event: 'stopped', text: 'stopped', isWarning: false, fields: {} });
    leaveSoon(io);
  } finally {
    stop.forget();
    for (const node of nodes) node.close();
  }
}

/** The process of a profile: its configuration, and its start. */
async function processOf(
  io: Io,
  runtime: Runtime,
  { config, dryRun: isDry, profile }: RunFlags,
): Promise<{
  readonly document: OperatorDocument;
  start(nodes: Nodes, say: Say, signal: AbortSignal): Promise<void>;
}> {
  if (profile === 'quorum') {
    const setup = await memberSetup(io, runtime, config);
    const start = isDry === true ? dryRun : member;
    return {
      document: setup.document,
      start: (nodes, say, signal) => start(runtime, setup, nodes, say, signal),
    };
  }
  if (isDry === true)
    throw usageFault(
      '--dry-run is for the profile quorum',
      'leave it out: explain computes a window',
      'flag --dry-run',
    );
  const [{ rfc12Setup }, { runRfc12 }] = await Promise.all([
    import('./rfc12/setup.ts'),
    import('./rfc12/rfc12-run.ts'),
  ]);
  const setup = rfc12Setup(io, runtime, config);
  return {
    document: setup.document,
    start: (nodes, say, signal) => runRfc12(runtime, setup, nodes, say, signal),
  };
}

/** An action that still runs, for example a command that hangs, does not keep the process from ending. */
const LEAVE_MS = 2_000;

function leaveSoon(io: Io): void {
  setTimeout(() => io.exitNow(EXIT.ok), LEAVE_MS).unref();
}

type Say = (line: Line) => void;
type Nodes = readonly [NodeRpc, ...NodeRpc[]];

async function dryRun(
  runtime: Runtime,
  { document, file, seat, settings }: MemberSetup,
  nodes: Nodes,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  say(startLine('dry-run', { file, seat }, 'does not sign, send or store messages'));
  const { pollMs, timeoutMs, stallMs } = document.value.chain;
  await runtime.dryRunMember({
    file,
    seat,
    nodes,
    follow: { pollMs, timeoutMs, stallMs },
    plugins: runtime.operatorPlugins(),
    settings,
    say,
    signal,
  });
}

async function member(
  runtime: Runtime,
  setup: MemberSetup,
  nodes: Nodes,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const { document, file, seat, key, settings, heldFrom } = setup;
  const { chain, http, stateDir, drainTimeoutMs, keepWindows } = document.value;
  const { pollMs, timeoutMs, stallMs } = chain;
  await runtime.runMember({
    file,
    seat,
    key,
    ...(heldFrom === null ? {} : { heldFrom }),
    nodes,
    follow: { pollMs, timeoutMs, stallMs },
    stateFolder: stateDir,
    retention: { keepWindows, keepEvidenceFiles: Math.min(keepWindows, 1_000) },
    openTransport: transportOf(setup),
    plugins: runtime.operatorPlugins(),
    settings,
    http: http.serve ? { host: http.host, port: http.port } : null,
    limits: { drainTimeoutMs },
    signal,
    say,
    opened: (_transport, url) => {
      for (const line of groupWarnings(runtime, setup)) say(line);
      say(startLine('started', setup, url === null ? 'no status is served' : `page at ${url}`, url));
    },
  });
}

function startLine(
  event: string,
  { file, seat }: Pick<MemberSetup, 'file' | 'seat'>,
  more: string,
  url: string | null = null,
): Line {
  const { group, groupId } = file;
  const { name } = group.members[seat] ?? { name: '?' };
  const text = `${name} (seat ${seat} of ${group.members.length}) in the group ${group.name} ${hex(groupId).slice(0, 10)}…: ${more}`;
  const fields = { group: hex(groupId), member: name, seat, ...(url === null ? {} : { url }) };
  return { event, text, isWarning: false, fields };
}

function groupWarnings(runtime: Runtime, setup: MemberSetup): readonly Line[] {
  return [...smallGroup(runtime, setup), ...takeOverLine(setup)];
}

function takeOverLine({ file: { group }, heldFrom }: MemberSetup): readonly Line[] {
  const { predecessor, resource } = group;
  if (predecessor === undefined) return [];
  const fields = { predecessor: hex(predecessor), heldFrom: heldFrom === null ? null : `${heldFrom}` };
  const text =
    heldFrom === null
      ? `agrees to a noop only, until it holds ${resource}: run \`watchbill coordinate group adopt\`, then restart it`
      : `holds ${resource} from block ${heldFrom} on`;
  return [{ event: 'take-over', text, isWarning: heldFrom === null, fields }];
}

function smallGroup({ faultyOf }: Runtime, { file: { group } }: MemberSetup): readonly Line[] {
  const { length } = group.members;
  if (faultyOf(length) > 0) return [];
  const text = `a group of ${length} needs all its members for everything: with 4 or more, one may be down`;
  return [{ event: 'small-group', text, isWarning: true, fields: { members: length } }];
}

/** Lines for people begin with the time; lines for programs hold all fields. */
function speaker(io: Io, json: boolean): Say {
  return ({ event, text, isWarning, fields }) => {
    const at = new Date(io.clock.nowMs()).toISOString();
    if (json) io.out(`${JSON.stringify({ at, event, isWarning, text, ...fields })}\n`);
    else io.out(`${at.slice(11, 19)} ${isWarning ? '! ' : '  '}${visible(text)}\n`);
  };
}

/** The first signal asks; the second ends the process at once. */
function stopped(io: Io) {
  const ending = new AbortController();
  const forget = io.onStopSignal(() => {
    if (ending.signal.aborted) io.exitNow(EXIT.fault);
    ending.abort();
  });
  return { signal: ending.signal, forget };
}
