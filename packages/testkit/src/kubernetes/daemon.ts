import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** One process of the control plane. Signals go to its pid alone. */
export interface Daemon {
  readonly name: string;
  running(): boolean;
  /** 0 while it does not run. */
  readonly pid: number;
  start(): void;
  /** SIGTERM, then SIGKILL if it does not end in time; settles when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** The end of its log. */
  tail(): string;
}

export interface DaemonSettings {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly logFile: string;
}

/** Of util-linux: Linux kills the program when the test process ends, even by SIGKILL. */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
const STOP_TIMEOUT_MS = 8_000;
const TAIL_LINES = 12;

export function daemon(settings: DaemonSettings): Daemon {
  let child: ChildProcess | null = null;
  const running = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;

  function start(): void {
    if (running()) throw new Error(`${settings.name} runs already`);
    const log = openSync(settings.logFile, 'a');
    const [program, ...rest] = DIES_WITH_US;
    child = spawn(program, [...rest, settings.program, ...settings.args], {
      stdio: ['ignore', log, log],
      // Memory is there, and each collection costs time of the processor.
      env: { PATH: process.env.PATH, HOME: '/nonexistent', GOGC: '400' },
    });
    child.on('error', () => {});
    closeSync(log);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const process = child;
    if (process === null || !running()) return;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    const timer = setTimeout(() => process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  return {
    name: settings.name,
    running,
    get pid() {
      return running() ? (child?.pid ?? 0) : 0;
    },
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    tail: () => readFileSync(settings.logFile, 'utf8').split('\n').slice(-TAIL_LINES).join('\n'),
  };
}
