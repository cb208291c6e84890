import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, waitFor } from '@watchbill/testkit';
import { endChild, linesOnStage } from '@watchbill/testkit/bench/child';
import type { Stage } from '@watchbill/testkit/bench/stage';

export interface GatewayProcess {
  readonly port: number;
  /** `gateway`, or `forwarder` in its place. */
  readonly pids: Readonly<Record<string, number>>;
}

const START_TIMEOUT_MS = 10_000;
const COMMAND = fileURLToPath(new URL('../../../watchbill/bin/watchbill.mjs', import.meta.url));

/**
 * HAProxy that passes bytes on to the node and looks at nothing: whatever stands before a node costs as much.
 */
export async function startLeast(stage: Stage, nodePort: number): Promise<GatewayProcess> {
  const port = await freePort();
  const file = join(stage.folder, 'least.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 75s
  timeout server 75s
listen least
  bind 127.0.0.1:${port}
  server node 127.0.0.1:${nodePort}
`,
  );
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  // Where there is no HAProxy it never listens, and that is what is said.
  child.on('error', () => undefined);
  await stage.start(Promise.resolve(child), (one) => endChild(one));
  const listening = waitFor('HAProxy listens', () => listens(port), { timeoutMs: START_TIMEOUT_MS });
  await listening.catch((cause) => {
    throw new Error('HAProxy did not begin (Debian: apt-get install haproxy)', { cause });
  });
  return { port, pids: { forwarder: child.pid ?? 0 } };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A gateway before one node, in its own process. */
export async function startGateway(stage: Stage, wsUrl: string): Promise<GatewayProcess> {
  const file = join(stage.folder, 'gateway.yaml');
  const settings = {
    listen: { port: 0 },
    backends: [{ name: 'node', url: wsUrl }],
    tiers: { all: { methods: ['*'], requestsPerSecond: 100_000, burst: 100_000 } },
    anonymous: 'all',
  };
  writeFileSync(file, JSON.stringify(settings));
  const line = [process.execPath, COMMAND, 'fleet', 'gateway', 'run', '--config', file, '--json'];
  const gateway = await linesOnStage(stage, 'the gateway', line);
  let url: string | undefined;
  while (url === undefined) url = /"url": "([^"]+)"/.exec(await gateway.ask(null, START_TIMEOUT_MS))?.[1];
  return { port: Number(new URL(url).port), pids: { gateway: gateway.pid } };
}
