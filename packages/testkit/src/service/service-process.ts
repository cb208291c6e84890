import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND, SOURCES } from '../command.ts';
import { freePorts } from '../etcd/index.ts';

/** A real `watchbill serve` in a separate process, on a free loopback port, with an operator's token. */
export interface ServiceProcess {
  readonly url: string;
  readonly dir: string;
  readonly pid: number;
  /** Operator call: JSON in, JSON out; throws with the problem's text. */
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  log(): Promise<string>;
  exited(): boolean;
  /** Exit status of the process that ended; null while it runs, or if a signal ended it. */
  exitCode(): number | null;
  /** Ends when the process is gone. */
  gone(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Start again over the same directory and port. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
}

export interface ServiceProcessSetup {
  readonly dir: string;
  readonly port: number;
  readonly name?: string;
  /** The `store:` block of the configuration as JSON. */
  readonly store: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly sessionTtlMs?: number;
  /** One operator token may be shared by several services. */
  readonly operatorToken?: string;
  /** Absolute path of the program's `main.ts`, of another release; default: of this tree. */
  readonly main?: string;
}

/** Of util-linux, on every Debian: Linux kills the service when the test process ends, even by SIGKILL. */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
const START_TIMEOUT_MS = 60_000;

export async function temporaryFolder(name: string): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), `watchbill-${name}-`));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no port was given');
  return port;
}

export async function startServiceProcess(setup: ServiceProcessSetup): Promise<ServiceProcess> {
  const token = setup.operatorToken ?? 'operator-secret-of-a-test-0123456789abcdef';
  const url = `http://127.0.0.1:${setup.port}`;
  await writeConfiguration(setup, token, url);
  let child: ChildProcess | null = null;
  const logFile = join(setup.dir, 'service.log');

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const started = spawnService(setup, env, logFile);
    child = started;
    try {
      await untilAlive(url, () => started.signalCode ?? started.exitCode, logFile);
    } catch (error) {
      // It may reach its failpoint as soon as it listens, before the test has seen it alive.
      if (env.WATCHBILL_FAILPOINT !== undefined && started.signalCode === 'SIGKILL') return;
      await end(started, 'SIGKILL');
      throw error;
    }
  }

  await start();
  return {
    url,
    dir: setup.dir,
    get pid() {
      return child?.pid ?? 0;
    },
    fetch: (path, init) => fetch(`${url}${path}`, init),
    async admin(method, path, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === '' ? null : JSON.parse(text);
    },
    log: () => readFile(logFile, 'utf8'),
    exited: () => child === null || hasEnded(child),
    exitCode: () => child?.exitCode ?? null,
    async gone() {
      if (child !== null && !hasEnded(child)) await once(child, 'exit');
    },
    async kill(signal = 'SIGKILL') {
      if (child !== null) await end(child, signal);
    },
    restart: start,
  };
}

function spawnService(
  setup: ServiceProcessSetup,
  env: Readonly<Record<string, string>>,
  logFile: string,
): ChildProcess {
  const [program, ...rest] = DIES_WITH_US;
  const log = openSync(logFile, 'a');
  const started = spawn(program, [...rest, ...serveCommand(setup, env)], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...setup.env, ...env },
    cwd: setup.dir,
  });
  closeSync(log);
  return started;
}

function serveCommand(
  { dir, main }: ServiceProcessSetup,
  { NODE_OPTIONS = '' }: Readonly<Record<string, string>>,
): readonly string[] {
  // A hook changes modules while they are loaded: the packed command has none of their names.
  const command = NODE_OPTIONS.includes('--import') ? SOURCES : COMMAND;
  return [process.execPath, main ?? command, 'serve', '--config', join(dir, 'watchbill.yaml')];
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

async function writeConfiguration(setup: ServiceProcessSetup, token: string, url: string): Promise<void> {
  await mkdir(join(setup.dir, 'data'), { recursive: true, mode: 0o700 });
  await writeFile(join(setup.dir, 'operator.token'), token, { mode: 0o600 });
  const configuration = {
    service: {
      name: setup.name ?? 'one',
      listen: { host: '127.0.0.1', port: setup.port },
      url,
      dataDir: join(setup.dir, 'data'),
    },
    store: setup.store,
    session: { ttlMs: setup.sessionTtlMs ?? 3_000 },
    operator: { tokenFile: join(setup.dir, 'operator.token') },
  };
  // YAML reads JSON.
  await writeFile(join(setup.dir, 'watchbill.yaml'), JSON.stringify(configuration, null, 2));
}

async function untilAlive(url: string, ending: () => number | string | null, logFile: string): Promise<void> {
  const untilMs = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < untilMs) {
    const ended = ending();
    if (ended !== null) throw new Error(`serve ended with ${ended}:\n${await readFile(logFile, 'utf8')}`);
    try {
      const response = await fetch(`${url}/livez`);
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`serve did not listen in time:\n${await readFile(logFile, 'utf8')}`);
}

/** Wait until /readyz reports it. Rejects with the end of the log if the service ends or the time is over. */
export async function untilReady(service: ServiceProcess, timeoutMs = 60_000): Promise<void> {
  const untilMs = Date.now() + timeoutMs;
  let last = 'no answer';
  while (Date.now() < untilMs && !service.exited()) {
    try {
      const response = await service.fetch('/readyz');
      last = await response.text();
      if (response.ok) return;
    } catch (error) {
      last = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const state = service.exited() ? `it ended with ${service.exitCode() ?? 'a signal'}` : last;
  throw new Error(`the service did not become ready: ${state}\n${(await service.log()).slice(-4_000)}`);
}
