import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '@watchbill/kit';
import type { GuardFault } from '../fault.ts';
import { type NodeProcess, startNode } from './process.ts';

const MODULE = new URL('./process.ts', import.meta.url).href;
const BASE = import.meta.resolve('@watchbill/kit');

/** Runs code with `startNode` and `clock` in its own process, as a guard does. */
function guardProcess(code: string, env: NodeJS.ProcessEnv = {}) {
  const script = `const { startNode } = await import(${JSON.stringify(MODULE)});
    const clock = (await import(${JSON.stringify(BASE)})).systemClock();
    ${code}`;
  const options = { encoding: 'utf8', timeout: 15_000, env: { ...process.env, ...env } } as const;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], options);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('the node ends with a guard that is killed', async () => {
  const { stdout, signal, error } = guardProcess(
    `const node = await startNode(['sleep', '60'], clock);
     process.stdout.write(String(node.pid), () => process.kill(process.pid, 'SIGKILL'));`,
  );
  // A node that goes on holds the output open until the time is over.
  assert.equal(error, undefined);
  assert.equal(signal, 'SIGKILL');
  const pid = Number(stdout);
  assert.ok(pid > 1);
  for (let waited = 0; isAlive(pid) && waited < 5_000; waited += 50) await setTimeout(50);
  assert.equal(isAlive(pid), false);
});

test('the node gets neither the socket of the watchdog nor the credentials of the guard', () => {
  const { stdout } = guardProcess(`await (await startNode(['env'], clock)).ended;`, {
    NOTIFY_SOCKET: '/run/notify',
    WATCHDOG_USEC: '1',
    WATCHDOG_PID: '1',
    CREDENTIALS_DIRECTORY: '/run/credentials',
    KEPT: 'yes',
  });
  assert.match(stdout, /^KEPT=yes$/m);
  assert.doesNotMatch(stdout, /NOTIFY_SOCKET|WATCHDOG|CREDENTIALS/);
});

/** A program that listens at a port that it prints, and a line of a script that runs it. */
const SERVES = `require('node:net').createServer().listen(0, '127.0.0.1', function () {
  require('node:fs').writeFileSync(process.argv[1], String(this.address().port)); });`;
const LINE = '"$0" --eval "$1" "$2"';

/** Starts a script whose node listens, waits for its port, and asks about it. */
async function askedOf(line: string, check: (node: NodeProcess) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-wrapper-'));
  const file = join(folder, 'port');
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await new Promise((resolve) => taken.close(resolve));
  const code = SERVES.replace('listen(0', `listen(${port}`);
  const node = await startNode(
    ['sh', '-c', line, process.execPath, code, file],
    systemClock(),
    `ws://127.0.0.1:${port}`,
  );
  try {
    for (let waited = 0; !existsSync(file) && waited < 15_000; waited += 50) await setTimeout(50);
    await check(node);
  } finally {
    await node.stop(0);
    rmSync(folder, { recursive: true });
  }
}

test('a node behind a script is refused and ended, because it would outlive the script', async () => {
  await askedOf(`${LINE}; true`, async (node) => {
    let below = 0;
    assert.throws(
      () => node.refuseOtherServer(),
      (error: GuardFault) => {
        below = Number(/the node node \(process (\d+)\) runs behind/.exec(error.message)?.[1]);
        return error.code === 'process';
      },
    );
    assert.notEqual(below, node.pid);
    for (let waited = 0; isAlive(below) && waited < 5_000; waited += 50) await setTimeout(50);
    assert.equal(isAlive(below), false);
  });
});

test('a node that a script becomes by exec is not refused', async () => {
  await askedOf(`exec ${LINE}`, async (node) => {
    node.refuseOtherServer();
    assert.equal(isAlive(node.pid), true);
  });
});

test('a node whose RPC is served by a process that it did not start is refused', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const node = await startNode(['sleep', '60'], systemClock(), `ws://127.0.0.1:${port}`);
  const elsewhere = await startNode(['sleep', '60'], systemClock(), `ws://203.0.113.9:${port}`);
  try {
    const what = `${process.pid}\\) serves 127.0.0.1:${port} .--rpc., and not .* \\(process ${node.pid}\\)$`;
    assert.throws(() => node.refuseOtherServer(), { code: 'process', message: new RegExp(what) });
    elsewhere.refuseOtherServer();
  } finally {
    other.close();
    await Promise.all([node.stop(0), elsewhere.stop(0)]);
  }
});

test('a node that ignores SIGTERM is killed at once if it gets no time', async () => {
  const node = await startNode(['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'], systemClock());
  await setTimeout(300);
  const before = performance.now();
  assert.deepEqual(await node.stop(0), { code: null, signal: 'SIGKILL' });
  assert.ok(performance.now() - before < 2_000);
});
