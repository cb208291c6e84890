import { causeText, systemCause } from '@watchbill/base';
import type { Runtime } from '@watchbill/coordinate';
import type { Command } from 'commander';
import { print } from '../../output/print.ts';
import { type Context, withExamples } from '../../process/context.ts';
import { EXIT } from '../../process/exit.ts';
import { fault, usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { whole } from '../../process/numbers.ts';
import { DEFAULT_CONFIG, type OperatorDocument, readOperatorConfig } from './operator-config.ts';
import { loadRuntime } from './runtime.ts';
import { type LiveStatus, statusText, type WindowRow, windowsText } from './status-text.ts';

interface LookFlags {
  readonly config: string;
  readonly url?: string;
  readonly json?: boolean;
}

interface WindowsFlags extends LookFlags {
  readonly limit: number;
}

const TIMEOUT_MS = 5_000;
/** A look at the records needs no stop of the member. */
const BUSY_REMEDY =
  'the member is starting or ending, so look again in a moment; or it serves its status elsewhere or not at all, so see http in its configuration';
const MOST_WINDOWS = 1_000;

/** `coordinate status`: the present state of a member. */
export function addCoordinateStatus(parent: Command, context: Context): void {
  const command = lookCommand(
    parent,
    'status',
    'one page about a running member: chain, window, peers, totals',
  );
  command.action((options: LookFlags) => status(context, options));
  withExamples(command, [
    'watchbill coordinate status',
    'watchbill coordinate status --config demo-group/one/coordinate.yaml',
    'watchbill coordinate status --url http://127.0.0.1:8460 --json',
  ]);
}

/** `coordinate windows`: how the last windows ended. */
export function addCoordinateWindows(parent: Command, { io }: Context): void {
  const command = lookCommand(parent, 'windows', 'how the last windows ended, with faults and receipts');
  command.option('--limit <n>', 'how many', whole('--limit', 'windows', 1, MOST_WINDOWS), 20);
  command.action((options: WindowsFlags) => windows(io, options));
  withExamples(command, ['watchbill coordinate windows', 'watchbill coordinate windows --limit 100 --json']);
}

function lookCommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--config <file>', 'configuration of the operator', DEFAULT_CONFIG)
    .option('--url <url>', 'address of a running member, instead of that in the configuration')
    .option('--json', 'print JSON');
}

async function status({ io, exit }: Context, options: LookFlags): Promise<void> {
  const place = placeOf(io, options);
  const live = await ask<LiveStatus>(place.url, '/status');
  if (live !== null) {
    print(io, options.json, { running: true, ...live }, () => statusText(live));
    return;
  }
  exit(EXIT.unreachable);
  const { totals, last } = await recorded(place, ({ totals, windows }) => ({
    totals: totals(),
    last: windows(5),
  }));
  print(
    io,
    options.json,
    { running: false, totals, windows: last },
    () => `not running (no member answers at ${place.url}); its last windows:\n${windowsText(last)}`,
  );
}

async function windows(io: Io, options: WindowsFlags): Promise<void> {
  const place = placeOf(io, options);
  const live = await ask<{ readonly windows: readonly WindowRow[] }>(
    place.url,
    `/windows?limit=${options.limit}`,
  );
  const rows = live?.windows ?? (await recorded(place, (reader) => reader.windows(options.limit)));
  print(io, options.json, { windows: rows }, () => windowsText(rows));
}

/** The address of a member, and the folder of its records: null if only an address was given. */
interface Place {
  readonly url: string;
  readonly document: OperatorDocument | null;
}

function placeOf(io: Io, { config, url }: LookFlags): Place {
  if (url !== undefined) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw usageFault('that is no http address', 'for example http://127.0.0.1:8460', 'flag --url');
    return { url: url.replace(/\/$/, ''), document: null };
  }
  const document = readOperatorConfig(io, config);
  const { host, port } = document.value.http;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, document };
}

/** Null if no process listens there. */
async function ask<Answer>(url: string, path: string): Promise<Answer | null> {
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: unknown } };
    if (cause?.code === 'ECONNREFUSED') return null;
    throw unreachable(url, error);
  }
  if (!response.ok) throw unreachable(url, new Error(`it answered with status ${response.status}`));
  return (await response.json()) as Answer;
}

function unreachable(url: string, error: unknown): Error {
  const what = `${url} does not answer as a member: ${systemCause(error) ?? causeText(error)}`;
  const remedy = 'check that http.port of the configuration is the port of the running member, or give --url';
  return fault('unreachable', 'unreachable', { what, where: url, remedy }, error);
}

type Reader = ReturnType<Runtime['readStateFolder']>;

async function recorded<Answer>({ url, document }: Place, read: (reader: Reader) => Answer): Promise<Answer> {
  if (document === null) throw unreachable(url, new Error('no process listens there'));
  const { readStateFolder, RunnerFault } = await loadRuntime();
  try {
    const reader = readStateFolder(document.value.stateDir);
    try {
      return read(reader);
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!(error instanceof RunnerFault)) throw error;
    const { code, message } = error;
    const what = `no member answers at ${url}, and ${message}`;
    const remedy = code === 'state-locked' ? BUSY_REMEDY : error.remedy;
    throw fault(code, 'unreachable', { what, remedy }, error);
  }
}
