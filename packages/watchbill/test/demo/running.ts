import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { COMMAND } from '@watchbill/testkit/command';

/** A demonstration in a process of its own, in a folder that names all its processes. */
export interface RunningDemo {
  readonly pid: number;
  readonly folder: string;
  readonly out: () => string;
  readonly err: () => string;
  readonly hasEnded: () => boolean;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
}

export function startDemo(context: TestContext, flags: readonly string[]): RunningDemo {
  const home = mkdtempSync(join(tmpdir(), 'watchbill-demo-test-'));
  const folder = join(home, 'run');
  const child = spawn(process.execPath, [
    COMMAND,
    'demo',
    ...flags,
    '--json',
    '--port',
    '0',
    '--dir',
    folder,
  ]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const ended = new Promise<Awaited<RunningDemo['ended']>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  context.after(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  });
  return {
    pid: child.pid ?? 0,
    folder,
    out: () => out,
    err: () => err,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    ended,
    kill: (signal) => void child.kill(signal),
  };
}

/**
 * Processes whose command line names the folder, as Linux lists them, apart from the demonstration itself.
 */
export function processesOf({ folder, pid }: RunningDemo): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(pid))
    .map((name) => `${name} ${commandLineOf(name)}`)
    .filter((line) => line.includes(folder));
}

/** Empty for a process that has ended. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** How many signatures the validators have recorded so far. */
export function signatureCount({ folder }: RunningDemo): number {
  if (!existsSync(folder)) return 0;
  return globSync('**/*.jsonl', { cwd: folder })
    .map((file) => readFileSync(join(folder, file), 'utf8').split('\n').length - 1)
    .reduce((sum, count) => sum + count, 0);
}

/** Waits until the check gives something; fails after the given time. */
export async function until<Value>(
  what: string,
  withinMs: number,
  check: () => Value | null,
): Promise<Value> {
  const endMs = performance.now() + withinMs;
  while (performance.now() < endMs) {
    const value = check();
    if (value !== null) return value;
    await pause(50);
  }
  throw new Error(`waited in vain for ${what}`);
}
