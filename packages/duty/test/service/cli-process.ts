import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { COMMAND } from '@watchbill/testkit/command';

/** What the log says once the session is open. */
const SERVES = /"event":"session","state":"serving"/;

/** One finished command. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. */
export interface Running {
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ran>;
}

/** A running `watchbill serve`. */
export interface Serving extends Running {
  readonly url: string;
}

/** A folder in which commands run as real processes. */
export interface CommandLine {
  readonly cwd: string;
  run(...args: readonly string[]): Promise<Ran>;
  begin(...args: readonly string[]): Running;
  /** Resolves when it may grant: it has its address a moment before. */
  serve(...args: readonly string[]): Promise<Serving>;
  /** Every output so far, of every command. */
  transcript(): string;
  /** Every secret that a file of the folder holds: tokens, base URLs, private keys. */
  secrets(): readonly string[];
}

function spawnCommand(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
  const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'];
  return spawn(process.execPath, [COMMAND, ...args], { cwd, env: { ...process.env, ...env }, stdio });
}

/** Made for one test; its processes and files are gone after it. `env` is added to that of this process. */
export function commandLine(context: TestContext, env: Readonly<Record<string, string>> = {}): CommandLine {
  const cwd = mkdtempSync(join(tmpdir(), 'watchbill-cli-'));
  const children: ChildProcess[] = [];
  const outputs: string[] = [];
  context.after(() => endAll(children, cwd));
  const start = (args: readonly string[]) => {
    const child = spawnCommand(args, cwd, env);
    children.push(child);
    const ran = { stdout: '', stderr: '' };
    const listeners = new Set<() => void>();
    const keep = (stream: 'stdout' | 'stderr') => (chunk: string) => {
      ran[stream] += chunk;
      outputs.push(chunk);
      for (const listener of listeners) listener();
    };
    child.stdout.setEncoding('utf8').on('data', keep('stdout'));
    child.stderr.setEncoding('utf8').on('data', keep('stderr'));
    const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, ...ran })));
    return { signal: (name: NodeJS.Signals) => void child.kill(name), ran, listeners, ended };
  };
  return {
    cwd,
    run: (...args) => start(args).ended,
    begin: (...args) => start(args),
    serve: async (...args) => {
      const { signal, ran, listeners, ended } = start(['serve', '--json', ...args]);
      const url = await new Promise<string>((resolve, reject) => {
        listeners.add(() => {
          const line = /^\{.*\}\n/.exec(ran.stdout)?.[0];
          if (line === undefined || !SERVES.test(ran.stderr)) return;
          resolve((JSON.parse(line) as { url: string }).url);
        });
        void ended.then(({ code, stderr }) => reject(new Error(`serve ended with ${code}: ${stderr}`)));
      });
      return { url, signal, ended };
    },
    transcript: () => outputs.join(''),
    secrets: () => secretsIn(cwd),
  };
}

async function endAll(children: readonly ChildProcess[], cwd: string): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    // Until it is gone it may write into the folder.
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  rmSync(cwd, { recursive: true, force: true });
}

function secretsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(token|url|key)$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .flatMap((text) =>
      text.startsWith('-----') ? (text.split('\n')[1] ?? text) : (text.split('/').at(-1) ?? text),
    );
}
