import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import { type LineProgram, linesOnStage } from '@watchbill/testkit/bench/child';
import type { Options } from '@watchbill/testkit/bench/options';
import { openLoop } from '@watchbill/testkit/bench/pace';
import { usedByAll } from '@watchbill/testkit/bench/processor';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { type Latency, median } from '@watchbill/testkit/bench/statistics';

const CANDIDATES = 1_200;
const ROUNDS = 4;
const RATE = 200;
const CONNECTIONS = 64;
const P99_LIMIT_MS = 20;
const START_TIMEOUT_MS = 300_000;
const REQUEST_TIMEOUT_MS = 10_000;
const SERVER = fileURLToPath(new URL('./api-server.ts', import.meta.url));

interface Server {
  readonly url: string;
  readonly stashes: readonly string[];
  readonly rounds: readonly string[];
  readonly program: LineProgram;
}

/** The API of a programme of 1,200 candidates at 200 requests a second, from another process. */
export async function measureNominateApi(stage: Stage, options: Options): Promise<Report> {
  const server = await startServer(stage);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    const count = options.seconds * RATE;
    const paths = pathsOf(server);
    // The first answers compile the routes and read the snapshot.
    await askAll(server, agent, paths, 1);
    const rounds: Latency[] = [];
    const beforeMs = processorMs(server);
    for (let n = 0; n < options.rounds; n += 1)
      rounds.push(await askAll(server, agent, paths, options.seconds));
    const cpuMs = (processorMs(server) - beforeMs) / (options.rounds * count);
    const moving = askAll(server, agent, paths, options.seconds);
    await sleep((options.seconds * 1_000) / 3);
    await server.program.ask('again', REQUEST_TIMEOUT_MS);
    const moved = await moving;
    return report({ rounds, moving: moved, cpuMs });
  } finally {
    agent.destroy();
  }
}

/** What people and machines ask, in turn: pages of lists, single candidates, the round, the pages. */
function pathsOf({ stashes, rounds }: Server): readonly string[] {
  return stashes.flatMap((stash, n) => [
    `/v1/candidates/${stash}`,
    `/v1/candidates?limit=50&sort=${['position', 'name', 'slot', 'rank'][n % 4]}&verdict=${n % 3 === 0 ? 'valid' : 'invalid'}`,
    '/v1/rounds/newest',
    `/v1/rounds/${rounds[n % 2]}/explain/${stash}`,
    '/v1/nominators',
    `/v1/candidates?name=${stash.slice(1, 3)}`,
    '/v1/statistics',
    `/status/candidates/${stash}`,
    '/status',
    `/candidate/${stash}`,
  ]);
}

/** Asks for the paths in turn, at fixed moments. */
async function askAll(
  { url }: Server,
  agent: Agent,
  paths: readonly string[],
  seconds: number,
): Promise<Latency> {
  let next = 0;
  const loop = { lanes: CONNECTIONS, perSecond: RATE, warmUpMs: 0, measureMs: 1_000 * seconds };
  const { lateness: _, ...latency } = await openLoop(loop, () =>
    ask(`${url}${paths[next++ % paths.length] ?? '/status'}`, agent),
  );
  return latency;
}

async function ask(url: string, agent: Agent): Promise<void> {
  const request = get(url, { agent, timeout: REQUEST_TIMEOUT_MS });
  request.once('timeout', () => request.destroy(new Error(`${url} did not answer in time`)));
  const [answer] = await once(request, 'response');
  let length = 0;
  for await (const part of answer) length += part.length;
  if (answer.statusCode !== 200 || length === 0) throw new Error(`${url} answered ${answer.statusCode}`);
}

async function startServer(stage: Stage): Promise<Server> {
  const file = join(stage.folder, 'programme.db');
  const line = [process.execPath, SERVER, file, String(CANDIDATES), String(ROUNDS)];
  const program = await linesOnStage(stage, 'the server', line);
  return { ...JSON.parse(await program.ask(null, START_TIMEOUT_MS)), program };
}

/** The processor that the server used: what is left of the figures where the machine is busy. */
function processorMs({ program }: Server): number {
  return usedByAll(program.pid) / 1_000;
}

interface Measured {
  readonly rounds: readonly Latency[];
  readonly moving: Latency;
  /** Of the processor, for one request. */
  readonly cpuMs: number;
}

function report({ rounds, moving, cpuMs }: Measured): Report {
  const apiP50Ms = median(rounds.map(({ p50Ms }) => p50Ms));
  const apiP99Ms = median(rounds.map(({ p99Ms }) => p99Ms));
  const budgets: readonly Budget[] = [atMost('apiP99Ms', apiP99Ms, P99_LIMIT_MS, 'ms')];
  const lines = table([
    HEAD,
    ...rounds.map((latency, n) => row(`round ${n + 1}`, latency)),
    row('new standings stored meanwhile', moving),
  ]);
  const figures = {
    cpuMsPerRequest: cpuMs,
    apiP50Ms,
    apiP99Ms,
    newStandingsLongestMs: moving.maxMs,
    rounds,
    moving,
  };
  return {
    figures,
    budgets,
    lines: [...lines, '', `processor for one request: ${figure(cpuMs, 'ms')}`],
  };
}

const HEAD = [
  `${CANDIDATES.toLocaleString('en')} candidates, ${RATE} requests/s`,
  ...['p50', 'p99', 'longest', 'requests'],
];

function row(name: string, { p50Ms, p99Ms, maxMs, samples }: Latency): readonly string[] {
  return [name, figure(p50Ms, 'ms'), figure(p99Ms, 'ms'), figure(maxMs, 'ms'), `${samples}`];
}
