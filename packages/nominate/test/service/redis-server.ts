import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, managedProcess, waitFor } from '@watchbill/testkit';

const START_MS = 120_000;

/** A real Redis of Debian, without a file, on a free port of this machine alone. */
export type RedisServer = Awaited<ReturnType<typeof startRedis>>;

export async function startRedis() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-redis-'));
  const server = managedProcess('redis', join(folder, 'redis.log'));
  const start = async (): Promise<void> => {
    const settings = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'yes',
      '--dir',
      folder,
    ];
    server.start(['redis-server', ...settings, '--maxmemory-policy', 'noeviction'], process.env);
    await waitFor('Redis answers', () => answers(port), {
      timeoutMs: START_MS,
      everyMs: 50,
      detail: () => server.output(),
    });
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: server.kill,
    start,
    stop: async (): Promise<void> => {
      await server.kill();
      rmSync(folder, { recursive: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [data] = await once(socket, 'data');
    return String(data).startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
