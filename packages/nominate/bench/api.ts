import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import { type LineProgram, linesOnStage } from '@watchbill/testkit/bench/child';
import { residentMb } from '@watchbill/testkit/bench/cost';
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
const IDLE_READERS = 200;
const READERS_LIMIT_MB = 50;
const READERS_P99_LIMIT_MS = 50;
/** Of the processor for one request, with the readers and without. */
const READERS_CPU_RATIO = 2;
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

/** The same requests in rounds, in turn with and without 200 readers that read nothing of a large answer. */
export async function measureNominateReaders(stage: Stage, options: Options): Promise<Report> {
  const server = await startServer(stage);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    const paths = pathsOf(server);
    const count = options.seconds * RATE;
    const load = async (): Promise<Load> => {
      const beforeMs = processorMs(server);
      const latency = await askAll(server, agent, paths, options.seconds);
      return { latency, cpuMs: (processorMs(server) - beforeMs) / count };
    };
    await askAll(server, agent, paths, 1);
    const alone: Load[] = [];
    const crowded: Crowd[] = [];
    for (let n = 0; n < options.rounds; n += 1) {
      alone.push(await load());
      crowded.push(await withIdleReaders(server, load));
    }
    return readersReport(alone, crowded);
  } finally {
    agent.destroy();
  }
}

interface Load {
  readonly latency: Latency;
  /** Of the processor, for one request. */
  readonly cpuMs: number;
}

interface Crowd {
  readonly withReaders: Load;
  /** Growth of the server's resident memory. */
  readonly readersMb: number;
}

/** Other requests while idle readers hold the largest document, or the old list of candidates. */
async function withIdleReaders(server: Server, load: () => Promise<Load>): Promise<Crowd> {
  const { hostname, port } = new URL(server.url);
  const paths = [`/v1/rounds/${server.rounds[0]}/stored`, '/candidates'];
  // One reader takes all, so that the documents are in the cache.
  for (const path of paths) await ask(`${server.url}${path}`, new Agent());
  const before = residentMb(server.program.pid);
  const sockets: Socket[] = [];
  try {
    for (let n = 0; n < IDLE_READERS; n += 1) {
      const socket = connect(Number(port), hostname);
      sockets.push(socket.on('error', () => undefined));
      await once(socket, 'connect');
      const accept = n % 4 < 2 ? 'accept-encoding: gzip\r\n' : '';
      socket.write(`GET ${paths[n % 2]} HTTP/1.1\r\nhost: bench\r\n${accept}\r\n`);
    }
    const withReaders = await load();
    return { withReaders, readersMb: residentMb(server.program.pid) - before };
  } finally {
    for (const socket of sockets) socket.destroy();
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

function readersReport(alone: readonly Load[], crowded: readonly Crowd[]): Report {
  const readersMb = Math.max(...crowded.map((one) => one.readersMb));
  const readersP99Ms = median(crowded.map(({ withReaders }) => withReaders.latency.p99Ms));
  const aloneP99Ms = median(alone.map(({ latency }) => latency.p99Ms));
  const aloneCpuMs = median(alone.map(({ cpuMs }) => cpuMs));
  const readersCpuMs = median(crowded.map(({ withReaders }) => withReaders.cpuMs));
  const budgets: readonly Budget[] = [
    atMost('readersMb', readersMb, READERS_LIMIT_MB, 'MB'),
    atMost('readersP99Ms', readersP99Ms, READERS_P99_LIMIT_MS, 'ms'),
    atMost('readersCpuRatio', readersCpuMs / aloneCpuMs, READERS_CPU_RATIO, ''),
  ];
  const lines = table([
    HEAD,
    ...alone.map(({ latency }, n) => row(`round ${n + 1}, no readers`, latency)),
    ...crowded.map(({ withReaders: { latency } }, n) =>
      row(`round ${n + 1}, ${IDLE_READERS} idle readers`, latency),
    ),
  ]);
  const cpu = { aloneCpuMs, readersCpuMs };
  const figures = { readersMb, readersP99Ms, aloneP99Ms, ...cpu, alone, crowded };
  const cost = `processor for one request: ${figure(aloneCpuMs, 'ms')}, with readers ${figure(readersCpuMs, 'ms')}`;
  return { figures, budgets, lines: [...lines, '', cost] };
}
