import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND, SOURCES } from '../command.ts';
import { type ManagedProcess, managedProcess } from '../managed-process.ts';
import { waitFor } from '../nodes/wait.ts';
import { freePorts } from '../ports.ts';

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

const START_TIMEOUT_MS = 60_000;
const TAIL_LINES = 40;

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
  const own = managedProcess('serve', join(setup.dir, 'service.log'), { cwd: setup.dir });

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    own.start(serveCommand(setup, env), { ...process.env, ...setup.env, ...env });
    try {
      await untilAlive(url, own);
    } catch (error) {
      // It may reach its failpoint as soon as it listens, before the test has seen it alive.
      if (env.WATCHBILL_FAILPOINT !== undefined && own.exited()?.signal === 'SIGKILL') return;
      await own.kill();
      throw error;
    }
  }

  await start();
  return {
    url,
    dir: setup.dir,
    get pid() {
      return own.pid() ?? 0;
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
    log: async () => own.output(),
    exited: () => !own.running(),
    exitCode: () => own.exited()?.code ?? null,
    gone: () => own.end(),
    kill: (signal = 'SIGKILL') => own.end(signal),
    restart: start,
  };
}

function serveCommand(
  { dir, main }: ServiceProcessSetup,
  { NODE_OPTIONS = '' }: Readonly<Record<string, string>>,
): readonly string[] {
  // A hook changes modules while they are loaded: the packed command has none of their names.
  const command = NODE_OPTIONS.includes('--import') ? SOURCES : COMMAND;
  return [process.execPath, main ?? command, 'serve', '--config', join(dir, 'watchbill.yaml')];
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

/** Rejects with the end of the log if the process ends or the time is over. */
async function untilAlive(url: string, own: ManagedProcess): Promise<void> {
  const settings = { timeoutMs: START_TIMEOUT_MS, everyMs: 50, detail: () => own.tail(TAIL_LINES) };
  await waitFor('serve listens', async () => !own.running() || (await fetch(`${url}/livez`)).ok, settings);
  const end = own.exited();
  if (end !== null) throw new Error(`serve ended with ${end.signal ?? end.code}:\n${own.output()}`);
}

/** Wait until /readyz reports it. Rejects with the end of the log if the service ends or the time is over. */
export async function untilReady(service: ServiceProcess, timeoutMs = 60_000): Promise<void> {
  let last = 'no answer';
  const isReady = async (): Promise<boolean> => {
    const response = await service.fetch('/readyz');
    last = await response.text();
    return response.ok;
  };
  const detail = async (): Promise<string> => `${last}\n${(await service.log()).slice(-4_000)}`;
  const settings = { timeoutMs, everyMs: 50, detail };
  await waitFor('the service is ready', async () => service.exited() || isReady(), settings);
  if (service.exited())
    throw new Error(`the service ended with ${service.exitCode() ?? 'a signal'}:\n${await detail()}`);
}
