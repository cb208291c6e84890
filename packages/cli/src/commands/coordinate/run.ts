import { visible } from '@watchbill/base';
import type { NodeRpc } from '@watchbill/chain';
import type { Runtime } from '@watchbill/coordinate';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../process/context.ts';
import { EXIT } from '../../process/exit.ts';
import type { Io } from '../../process/io.ts';
import { hex } from './group-document.ts';
import { type MemberSetup, memberSetup, openNodes } from './member-setup.ts';
import { DEFAULT_CONFIG } from './operator-config.ts';
import { loadRuntime } from './runtime.ts';
import { transportOf } from './transports.ts';

interface RunFlags {
  readonly config: string;
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
  ]);
}

async function run(io: Io, options: RunFlags): Promise<void> {
  const runtime = await loadRuntime();
  const setup = await memberSetup(io, runtime, options.config);
  const say = speaker(io, options.json === true);
  const nodes = await openNodes(setup.document);
  const stop = stopped(io);
  try {
    if (options.dryRun === true) await dryRun(runtime, setup, nodes, say, stop.signal);
    else await member(runtime, setup, nodes, say, stop.signal);
    say({ event: 'stopped', text: 'stopped', isWarning: false, fields: {} });
    leaveSoon(io);
  } finally {
    stop.forget();
    for (const node of nodes) node.close();
  }
}

/** Whatever an action left running (a command that hangs, say) does not keep the process from ending. */
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
    verify: runtime.verifySignature,
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
      say(startLine('started', setup, url === null ? 'no status is served' : `status at ${url}/status`, url));
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

/** Lines for people say when; those for programs hold everything. */
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
