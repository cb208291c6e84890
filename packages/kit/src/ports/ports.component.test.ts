import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { freePort, freePorts, isFree } from './index.ts';

const PORTS = new URL('./index.ts', import.meta.url).href;
/** Draws, reports, and stays: its ports are not listened on. */
const DRAWS = `console.log((await (await import(${JSON.stringify(PORTS)})).freePorts(400)).join());
setInterval(() => undefined, 1_000);`;

test('ports are different, never given twice, and none that the system gives to connections', async () => {
  const [many, some, one] = await Promise.all([freePorts(250), freePorts(60), freePort()]);
  const ports = [...many, ...some, one];
  assert.equal(new Set(ports).size, 311);
  assert.ok(ports.every((port) => port >= 20_000 && port < 30_000));
});

test('processes that draw at once get different ports, though they do not listen on them yet', async (context) => {
  const lines = Array.from({ length: 6 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', DRAWS], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    context.after(() => child.kill('SIGKILL'));
    return once(createInterface(child.stdout), 'line', { signal: AbortSignal.timeout(60_000) });
  });
  const theirs = (await Promise.all(lines)).flatMap(([line]) => String(line).split(',').map(Number));
  const all = [...theirs, ...(await freePorts(400))];
  assert.equal(all.length, 2_800);
  assert.equal(new Set(all).size, all.length);
});

test('a port that somebody listens on is not free', async () => {
  const port = await freePort();
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  assert.equal(await isFree(port), false);
  server.close();
  await once(server, 'close');
  assert.equal(await isFree(port), true);
});
