import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type RunningNode, startNodeNetwork } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { Pool } from 'undici';
import { type Budget, figure } from './budgets.ts';
import { describeMachine, type Machine, machineLines } from './machine.ts';
import type { Options } from './options.ts';
import { type Report, table } from './report.ts';
import type { Stage } from './stage.ts';
import { collectSamples, type Latency, median, type Samples } from './statistics.ts';

const RATE = 2_000;
const LIMIT_RATIO = 1.5;
const BODY = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chain_getBlockHash', params: [0] });

interface Round {
  readonly bare: Latency;
  readonly through: Latency;
}

/** A real node asked 2,000 times a second in an open loop, by itself and through the gateway, in turns. */
export async function measureGateway(stage: Stage, options: Options): Promise<Report> {
  const machine = describeMachine(stage.folder);
  mkdirSync(join(stage.folder, 'nodes'), { recursive: true });
  const network = await stage.start(
    startNodeNetwork({
      binary: nodeBinary(),
      spec: specFile('1', stage.folder),
      folder: join(stage.folder, 'nodes'),
      nodes: [{ name: 'alice', keys: [{ suri: '//Alice' }] }],
      args: ['--rpc-max-connections', '4096'],
    }),
    (all) => all.close(),
  );
  const node = network.node('alice');
  await node.untilFinalised(2);
  const gateway = await stage.start(startGateway(stage.folder, node), (one) => one.close());
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const bare = await openLoop(node.rpcUrl, options.seconds);
    const through = await openLoop(gateway.url, options.seconds);
    rounds.push({ bare, through });
  }
  return report(machine, rounds, options);
}

interface GatewayProcess {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const COMMAND = fileURLToPath(new URL('../packages/cli/bin/watchbill.mjs', import.meta.url));

/** In a process of its own, as people run it. */
async function startGateway(folder: string, { wsUrl }: RunningNode): Promise<GatewayProcess> {
  const file = join(folder, 'gateway.yaml');
  const settings = {
    listen: { port: 0 },
    backends: [{ name: 'node', url: wsUrl }],
    tiers: { all: { methods: ['*'], requestsPerSecond: 100_000, burst: 100_000 } },
    anonymous: 'all',
  };
  writeFileSync(file, JSON.stringify(settings));
  const child = spawn(process.execPath, [COMMAND, 'fleet', 'gateway', 'run', '--config', file, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return {
    url: await urlOf(child),
    close: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the gateway has no output');
  for await (const line of createInterface(child.stdout)) {
    const url = /"url": "([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the gateway ended before it listened');
}

/** Requests begin when they are due, whatever those before them do: waiting counts. */
async function openLoop(url: string, seconds: number): Promise<Latency> {
  const pool = new Pool(new URL(url).origin, { connections: 64, pipelining: 1 });
  const samples = collectSamples();
  const all: Promise<void>[] = [];
  const startMs = performance.now();
  const count = RATE * seconds;
  for (let at = 0; at < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - startMs) / 1_000) * RATE));
    for (; at < due; at += 1) all.push(ask(pool, startMs + (at * 1_000) / RATE, samples));
    await sleep(1);
  }
  await Promise.all(all);
  await pool.close();
  return samples.latency();
}

async function ask(pool: Pool, dueMs: number, samples: Samples): Promise<void> {
  const { body, statusCode } = await pool.request({
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  });
  const text = await body.text();
  if (statusCode !== 200 || !text.includes('"result":"0x'))
    throw new Error(`it answered ${statusCode}: ${text.slice(0, 200)}`);
  samples.add(performance.now() - dueMs);
}

function report(machine: Machine, rounds: readonly Round[], { seconds }: Options): Report {
  const ratio = median(rounds.map(({ bare, through }) => through.p99Ms / bare.p99Ms));
  const budgets: readonly Budget[] = [
    { name: 'gatewayP99Ratio', value: ratio, limit: LIMIT_RATIO, bound: 'at most', unit: 'x' },
  ];
  const rows = rounds.map(({ bare, through }, at) => [
    `round ${at + 1}`,
    ...[bare.p50Ms, bare.p99Ms, through.p50Ms, through.p99Ms].map((ms) => figure(ms, 'ms')),
    figure(through.p99Ms / bare.p99Ms, 'x'),
  ]);
  const lines = table([
    [`${figure(RATE, '/s')} for ${seconds} s`, 'bare p50', 'p99', 'gateway p50', 'p99', 'ratio of p99'],
    ...rows,
  ]);
  return {
    figures: { gatewayP99Ratio: ratio, rounds, machine },
    lines: [...lines, '', ...machineLines(machine)],
    budgets,
  };
}
