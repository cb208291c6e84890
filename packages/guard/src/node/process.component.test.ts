import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { systemClock, until } from '@watchbill/kit';
import { freePort } from '@watchbill/kit/ports';
import { isRunning, listening, temporaryFolder } from '@watchbill/kit/testing';
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

const within = (holds: () => boolean) =>
  until(() => holds() || null, { clock: systemClock(), pauseMs: 50, withinMs: 15_000 });

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
  assert.ok(await within(() => !isRunning(pid)));
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

/** A program that listens at a port, and then writes a file, and a line of a script that runs it. */
const SERVES = `const [port, file] = process.argv.slice(1);
  require('node:net').createServer().listen(port, '127.0.0.1', () => require('node:fs').writeFileSync(file, ''));`;
const LINE = '"$0" --eval "$@"';

/** Starts a script whose node listens, waits for its port, and asks about it. */
async function askedOf(line: string, check: (node: NodeProcess) => Promise<void>): Promise<void> {
  const [port, file] = [await freePort(), join(temporaryFolder(), 'listens')];
  const command = ['sh', '-c', line, process.execPath, SERVES, String(port), file];
  const node = await startNode(command, systemClock(), `ws://127.0.0.1:${port}`);
  try {
    assert.ok(await within(() => existsSync(file)));
    await check(node);
  } finally {
    await node.stop(0);
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
    assert.ok(await within(() => !isRunning(below)));
  });
});

test('a node that a script becomes by exec is not refused', async () => {
  await askedOf(`exec ${LINE}`, async (node) => {
    node.refuseOtherServer();
    assert.equal(isRunning(node.pid), true);
  });
});

test('a node whose RPC is served by a process that it did not start is refused', async (t) => {
  const port = await listening(createServer(), t);
  const node = await startNode(['sleep', '60'], systemClock(), `ws://127.0.0.1:${port}`);
  const elsewhere = await startNode(['sleep', '60'], systemClock(), `ws://203.0.113.9:${port}`);
  try {
    const what = `${process.pid}\\) serves 127.0.0.1:${port} .--rpc., and not .* \\(process ${node.pid}\\)$`;
    assert.throws(() => node.refuseOtherServer(), { code: 'process', message: new RegExp(what) });
    elsewhere.refuseOtherServer();
  } finally {
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
