import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fault, systemClock } from '@watchbill/kit';
import type { Document } from '@watchbill/kit/command/document';
import { faultOf } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import { replaceFile } from '@watchbill/kit/command/write-files';
import type { KeeperEvent, LocalNetwork } from '../../lab/local/index.ts';
import type { Simulation, StepResult } from '../../lab/simulate/index.ts';
import { eventLine } from '../up/text.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type SimulationReport, stepLine, verdictLine } from './text.ts';

const STOP_MS = 20_000;
const LOOK_EVERY_MS = 250;

const NOT_COMPARED =
  'note     the genesis has no known list of authorities, so its validators were not compared with the file';

export interface RunFlags {
  readonly report?: string;
  readonly folder?: string;
  readonly json?: boolean;
}

type Say = (line: object, text: string) => void;

/** Starts the network of a simulation, carries its steps out, stops it, and returns the report. */
export async function runSimulation(
  io: Io,
  document: Document<Simulation>,
  flags: RunFlags,
): Promise<SimulationReport> {
  const say: Say = (line, text) => io.out(flags.json === true ? `${JSON.stringify(line)}\n` : `${text}\n`);
  const folder = folderOf(io, flags);
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  let isWorthless = true;
  try {
    const prepared = await prepare(io, document, folder);
    isWorthless = false;
    say({ kind: 'prepared', folder }, `made     specification, seeds and network file in ${folder}`);
    if (!prepared.isCompared) say({ kind: 'not-compared' }, NOT_COMPARED);
    const report = await inFolder({ document, prepared, folder, say, signal: controller.signal });
    isWorthless = report.passed;
    if (flags.report !== undefined)
      replaceFile(resolve(io.cwd, flags.report), `${JSON.stringify(report, null, 2)}\n`);
    say({ kind: 'report', ...report }, verdictLine(report));
    return report;
  } finally {
    forget();
    // A failed run keeps its folder for inspection.
    if (isWorthless && flags.folder === undefined) rmSync(folder, { recursive: true, force: true });
    else say({ kind: 'folder', folder }, `kept     ${folder}: chains, logs, specification`);
  }
}

function folderOf(io: Io, { folder }: RunFlags): string {
  if (folder === undefined) return mkdtempSync(join(tmpdir(), 'watchbill-simulation-'));
  const path = resolve(io.cwd, folder);
  mkdirSync(dirname(path), { recursive: true });
  try {
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch (error) {
    throw fault(
      'usage',
      'usage',
      {
        what: `${path} cannot be made: a simulation begins at block 0`,
        where: 'flag --folder',
        remedy: 'name a new folder',
      },
      error,
    );
  }
}

interface InFolder {
  readonly document: Document<Simulation>;
  readonly prepared: Prepared;
  readonly folder: string;
  readonly say: Say;
  readonly signal: AbortSignal;
}

async function inFolder({ document, prepared, folder, say, signal }: InFolder): Promise<SimulationReport> {
  const fleet = await import('../../lab/simulate/index.ts');
  const { value: simulation, file } = document;
  const local = await up(prepared, say);
  let beside: ReturnType<typeof fleet.startBeside> | null = null;
  const names = simulation.relay.nodes.map(({ name }) => name);
  const nodes = local.nodes.map(({ name, logFile }) => ({
    name,
    rpcUrl: `ws://127.0.0.1:${local.seat(name).ports.rpc}`,
    logFile,
  }));
  let failed = true;
  try {
    beside = fleet.startBeside(simulation.processes, { from: dirname(file), logs: folder });
    if (simulation.observability.prometheus) await writePrometheus(simulation, local, folder, say);
    await untilAllAnswer(local, simulation.settings.startSeconds, signal);
    say({ kind: 'up', nodes: names }, `up       ${names.join(', ')}`);
    const network = await fleet.localSimulated(local, prepared.local, names);
    let steps: readonly StepResult[];
    try {
      const tell = (result: StepResult) => say({ kind: 'step', ...result }, stepLine(result));
      steps = await fleet.runSteps(simulation, { network, clock: systemClock(), signal, tell });
    } finally {
      network.close();
    }
    failed = steps.some(({ outcome }) => outcome !== 'held');
    return {
      format: 'watchbill/simulation-report/1',
      name: simulation.name,
      passed: !failed,
      steps,
      nodes,
      endedBeside: beside.ended(),
      parachainsNotRun: simulation.parachains.map(({ id }) => id),
    };
  } finally {
    if (failed && !simulation.settings.tearDownOnFailure && !signal.aborted) {
      say(
        { kind: 'left-running', nodes },
        `running  ${nodes.map(({ name, rpcUrl }) => `${name} ${rpcUrl}`).join(', ')}; stop with Ctrl-C`,
      );
      await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
    }
    await beside?.stop(STOP_MS);
    await local.stop(STOP_MS);
  }
}

/** Starts the nodes of a network that was prepared. */
async function up({ graph, secrets, local: folder }: Prepared, say: Say): Promise<LocalNetwork> {
  const { LocalFault, upLocal } = await import('../../lab/local/index.ts');
  const { network, files } = graph;
  try {
    const tell = (event: KeeperEvent) => say(event, eventLine(event));
    // Well-known keys, on a chain that is thrown away: two simulations may have the same.
    return await upLocal({ network, files, folder, secrets, withoutBootNodes: true, env: null, tell });
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    throw faultOf('local', error, folder);
  }
}

/** Throws if a node does not answer in time: later results would be meaningless. */
async function untilAllAnswer(
  local: LocalNetwork,
  withinSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const endMs = performance.now() + withinSeconds * 1_000;
  for (;;) {
    const silent = (await local.status()).filter(({ reading }) => reading === null);
    if (silent.length === 0) return;
    if (signal.aborted || performance.now() > endMs)
      throw fault('simulation-start', 'unreachable', {
        what: signal.aborted
          ? 'the run was interrupted before every node answered'
          : `after ${withinSeconds} s there is no answer from ${silent.map(({ name }) => name).join(', ')}`,
        where: silent[0]?.logFile,
        remedy:
          'look at the log; give it more time to start where the machine is slow (settings.startSeconds)',
      });
    await systemClock().sleep(LOOK_EVERY_MS, signal);
  }
}

async function writePrometheus(
  { name }: Simulation,
  local: LocalNetwork,
  folder: string,
  say: Say,
): Promise<void> {
  const { stringify } = await import('yaml');
  const targets = local.nodes.map((node) => ({
    targets: [`127.0.0.1:${local.seat(node.name).ports.metrics}`],
    labels: { network: name, instance: node.name, pool: node.pool, role: node.role },
  }));
  const file = join(folder, 'prometheus.yml');
  const config = {
    global: { scrape_interval: '5s' },
    scrape_configs: [{ job_name: 'nodes', static_configs: targets }],
  };
  replaceFile(file, stringify(config));
  say({ kind: 'prometheus', file }, `made     ${file}: prometheus --config.file reads every node with it`);
}
