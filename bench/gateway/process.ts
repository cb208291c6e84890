import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface GatewayProcess {
  readonly port: number;
  readonly pid: number;
  readonly close: () => Promise<void>;
}

const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/watchbill.mjs', import.meta.url));

/** A gateway before one node, in a process of its own, as people run it. With `profile` it writes a CPU profile into that folder. */
export async function startGateway(
  folder: string,
  wsUrl: string,
  profile: string | undefined,
): Promise<GatewayProcess> {
  const file = join(folder, 'gateway.yaml');
  const settings = {
    listen: { port: 0 },
    backends: [{ name: 'node', url: wsUrl }],
    tiers: { all: { methods: ['*'], requestsPerSecond: 100_000, burst: 100_000 } },
    anonymous: 'all',
  };
  writeFileSync(file, JSON.stringify(settings));
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = spawn(
    process.execPath,
    [...flags, COMMAND, 'fleet', 'gateway', 'run', '--config', file, '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await urlOf(child);
  child.stdout?.resume();
  return {
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
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
