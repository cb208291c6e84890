import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../watchbill/src/main.ts', import.meta.url));

/** A folder with the example of `nominate init`, or an empty one, and commands in it. */
export interface Harness {
  readonly dir: string;
  readonly change: (from: string | RegExp, to: string) => void;
  readonly append: (text: string) => void;
  readonly run: (...args: readonly string[]) => Promise<RunningProcess>;
  readonly command: (
    ...args: readonly string[]
  ) => Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  readonly remove: () => Promise<void>;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  /** The JSON line that it begins with. */
  readonly addresses: { readonly url: string | null; readonly board: string | null };
  readonly errors: () => string;
  /** SIGTERM, or another signal; the exit code. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** A machine that does much else starts slowly. */
const START_MS = 120_000;

export async function makeHarness({ isEmpty = false } = {}): Promise<Harness> {
  const dir = mkdtempSync(join(tmpdir(), 'watchbill-programme-'));
  const config = join(dir, 'nominate.yaml');
  const started: RunningProcess[] = [];
  const command: Harness['command'] = async (...args) => {
    const child = spawn(process.execPath, [MAIN, 'nominate', ...args], { cwd: dir });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => (out += String(data)));
    child.stderr.on('data', (data) => (err += String(data)));
    const [code] = await once(child, 'close');
    return { code, out, err };
  };
  const text = () => readFileSync(config, 'utf8');
  if (!isEmpty) {
    const made = await command('init', '--example');
    if (made.code !== 0) throw new Error(made.err);
    writeFileSync(config, `${text()}\nlisten: { port: 0 }\n`);
  }
  return {
    dir,
    command,
    change: (from, to) => {
      const changed = text().replace(from, to);
      if (changed === text()) throw new Error(`the configuration holds no ${from}`);
      writeFileSync(config, changed);
    },
    append: (more) => writeFileSync(config, `${text()}\n${more}\n`),
    run: async (...args) => {
      const running = await start(dir, args);
      started.push(running);
      return running;
    },
    remove: async () => {
      // Those that a failed test left behind.
      for (const each of started) await each.stop('SIGKILL');
      rmSync(dir, { recursive: true });
    },
  };
}

async function start(dir: string, args: readonly string[]): Promise<RunningProcess> {
  const child = spawn(process.execPath, [MAIN, 'nominate', 'run', '--json', ...args], { cwd: dir });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => (out += String(data)));
  child.stderr.on('data', (data) => (err += String(data)));
  for (let waitedMs = 0; !out.includes('\n'); waitedMs += 50) {
    if (child.exitCode !== null || waitedMs > START_MS) throw new Error(`it did not start: ${err}`);
    await sleep(50);
  }
  return {
    child,
    addresses: JSON.parse(out.split('\n')[0] ?? '') as RunningProcess['addresses'],
    errors: () => err,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      // Not before its last words are read.
      const ended = once(child, 'close');
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}

/** Asks again until the answer is what was waited for. */
export async function until<Value>(
  ask: () => Promise<Value>,
  fits: (value: Value) => boolean,
  limitMs = 180_000,
): Promise<Value> {
  for (let waitedMs = 0; ; waitedMs += 200) {
    const value = await ask().catch(() => null);
    if (value !== null && fits(value)) return value;
    if (waitedMs > limitMs) throw new Error(`it did not come within ${limitMs} ms: ${JSON.stringify(value)}`);
    await sleep(200);
  }
}
