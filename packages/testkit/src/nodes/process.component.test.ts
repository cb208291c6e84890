import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ManagedProcess, managedProcess, untilStopped } from './process.ts';
import { waitFor } from './wait.ts';

const TIMEOUT = { timeoutMs: 60_000, everyMs: 10 };
const LIVES = 'console.log("\\x1b[1mup\\x1b[0m"); setInterval(() => {}, 1000);';
const STUBBORN = `process.on("SIGTERM", () => {}); ${LIVES}`;

async function withProcess(run: (program: ManagedProcess) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-process-'));
  const program = managedProcess('it', join(folder, 'log'));
  try {
    await run(program);
  } finally {
    await program.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startedWith(program: ManagedProcess, code: string): Promise<void> {
  program.start([process.execPath, '-e', code], { PATH: process.env.PATH });
  const before = program.output().length;
  await waitFor('output', () => program.output().length > before || program.output().includes('up'), TIMEOUT);
}

test('a process is started, asked to end, and started again; its output stays', async () => {
  await withProcess(async (program) => {
    assert.equal(program.pid(), null);
    assert.equal(program.exited(), null);
    await startedWith(program, LIVES);
    assert.ok(program.running());
    assert.equal((await program.stop(60_000))?.signal, 'SIGTERM');
    assert.equal(program.pid(), null);
    await startedWith(program, LIVES);
    assert.equal(program.exited(), null);
    await waitFor('both starts in the log', () => program.output() === 'up\nup\n', TIMEOUT);
  });
});

test('who ignores SIGTERM is killed at the deadline', async () => {
  await withProcess(async (program) => {
    await startedWith(program, STUBBORN);
    assert.equal((await program.stop(50))?.signal, 'SIGKILL');
  });
});

test('a paused process is stopped for the kernel too, and still ends', async () => {
  await withProcess(async (program) => {
    await startedWith(program, LIVES);
    await assert.rejects(untilStopped(program.pid() ?? 0, 20), /did not stop in 20 ms/);
    program.pause();
    assert.ok(program.paused());
    await untilStopped(program.pid() ?? 0);
    program.resume();
    assert.ok(!program.paused());
    program.pause();
    assert.equal((await program.stop(60_000))?.signal, 'SIGTERM');
  });
});

test('usage is that of the process, and an error when it does not run', async () => {
  await withProcess(async (program) => {
    assert.throws(() => program.usage(), /does not run/);
    await startedWith(program, LIVES);
    const { cpuSeconds, residentBytes } = program.usage();
    assert.ok(residentBytes > 1_000_000, `${residentBytes} bytes`);
    assert.ok(cpuSeconds >= 0 && cpuSeconds < 60, `${cpuSeconds} s`);
  });
});

test('a program that is not there has ended', async () => {
  await withProcess(async (program) => {
    program.start(['/nonexistent/program'], { PATH: process.env.PATH });
    await waitFor('its end', () => program.exited() !== null, TIMEOUT);
    assert.notEqual(program.exited()?.code, 0);
  });
});
