import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort, waitFor } from '@watchbill/testkit';
import { endChild } from '@watchbill/testkit/bench/child';

export interface GatewayProcess {
  readonly port: number;
  /** `gateway`, or `forwarder` in its place. */
  readonly pids: Readonly<Record<string, number>>;
  readonly close: () => Promise<void>;
}

const COMMAND = fileURLToPath(new URL('../../../watchbill/bin/watchbill.mjs', import.meta.url));

/**
 * HAProxy that passes bytes on to the node and looks at nothing: whatever stands before a node costs as much.
 */
export async function startLeast(folder: string, nodePort: number): Promise<GatewayProcess> {
  const port = await freePort();
  const file = join(folder, 'least.cfg');
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
  const close = () => endChild(child);
  try {
    await waitFor('HAProxy listens', () => listens(port), { timeoutMs: 10_000 });
  } catch (error) {
    await close();
    throw new Error('HAProxy did not begin (Debian: apt-get install haproxy)', { cause: error });
  }
  return { port, pids: { forwarder: child.pid ?? 0 }, close };
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
export async function startGateway(folder: string, wsUrl: string): Promise<GatewayProcess> {
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
  const url = await urlOf(child);
  child.stdout?.resume();
  return {
    port: Number(new URL(url).port),
    pids: { gateway: child.pid ?? 0 },
    close: () => endChild(child, 'SIGTERM'),
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
