import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One process of a test cluster. Signals go to its pid alone. */
export interface TikvMember {
  /** `pd1` to `pd3`, `kv1` to `kv3`. */
  readonly name: string;
  readonly role: 'pd' | 'store';
  /** `127.0.0.1:port` of its gRPC. */
  readonly address: string;
  /** 0 before its first start. */
  readonly pid: number;
  /** Started and not ended; a paused member runs. */
  running(): boolean;
  paused(): boolean;
  /** SIGKILL; settles when the process has ended. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, but get no answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Start it over its data; settles when the process exists, which is before it answers. */
  start(): Promise<void>;
  /** The last lines that it printed. */
  lastLines(): string;
}

export interface MemberSettings {
  readonly name: string;
  readonly role: TikvMember['role'];
  readonly address: string;
  readonly folder: string;
  readonly program: string;
  readonly args: readonly string[];
  /** It outlives this process. */
  readonly detached: boolean;
}

/** Of util-linux, on every Debian; it becomes the program, so the pid is the member's. */
const SETPRIV = 'setpriv';
/** Linux kills the member when the test process ends, even by SIGKILL. */
const DIES_WITH_US = ['--pdeathsig', 'KILL', '--'];
/** Go keeps freed memory for a while; six processes beside the tests need not. */
const ENVIRONMENT = { GOGC: '50' };
const SHOWN_LINES = 8;

export function tikvMember(settings: MemberSettings): TikvMember {
  const log = join(settings.folder, `${settings.name}.out`);
  let child: ChildProcess | null = null;
  let stopped = false;

  const running = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;

  async function start(): Promise<void> {
    if (running()) throw new Error(`${settings.name} runs already`);
    const { program, args, detached } = settings;
    const output = openSync(log, 'a');
    const options = {
      stdio: ['ignore', output, output] as const,
      env: { PATH: process.env.PATH, ...ENVIRONMENT },
      cwd: settings.folder,
    };
    const started = detached
      ? spawn(program, args, { ...options, stdio: [...options.stdio], detached })
      : spawn(SETPRIV, [...DIES_WITH_US, program, ...args], { ...options, stdio: [...options.stdio] });
    child = started;
    stopped = false;
    closeSync(output);
    await once(started, 'spawn');
    if (detached) started.unref();
  }

  async function kill(): Promise<void> {
    const process = child;
    if (process === null || !running()) return;
    // A detached member alone does not keep this process from ending before the member did.
    process.ref();
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    stopped = false;
    await ended;
  }

  return {
    name: settings.name,
    role: settings.role,
    address: settings.address,
    get pid() {
      return child?.pid ?? 0;
    },
    running,
    paused: () => stopped,
    kill,
    pause: () => {
      stopped = child?.kill('SIGSTOP') === true;
    },
    resume: () => {
      child?.kill('SIGCONT');
      stopped = false;
    },
    start,
    lastLines: () => readFileSync(log, 'utf8').split('\n').slice(-SHOWN_LINES).join('\n'),
  };
}
