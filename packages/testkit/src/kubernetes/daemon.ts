import { managedProcess } from '../managed-process.ts';

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

const STOP_TIMEOUT_MS = 8_000;
const TAIL_LINES = 12;

export function daemon({ name, program, args, logFile }: DaemonSettings): Daemon {
  const own = managedProcess(name, logFile);
  return {
    name,
    running: own.running,
    get pid() {
      return own.pid() ?? 0;
    },
    // Memory is there, and each collection costs time of the processor.
    start: () => own.start([program, ...args], { PATH: process.env.PATH, HOME: '/nonexistent', GOGC: '400' }),
    stop: async () => void (await own.stop(STOP_TIMEOUT_MS)),
    kill: () => own.end('SIGKILL'),
    tail: () => own.tail(TAIL_LINES),
  };
}
