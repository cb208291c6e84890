import { join } from 'node:path';
import { managedProcess } from '../managed-process.ts';

/** One process of a test cluster. Signals go to its pid alone. */
export interface TikvMember {
  /** `pd1` to `pd3`, `kv1` to `kv3`. */
  readonly name: string;
  readonly role: 'pd' | 'store';
  /** `127.0.0.1:port` of its gRPC. */
  readonly address: string;
  /** Null unless it runs. */
  pid(): number | null;
  /** Started and not ended; a paused member runs. */
  running(): boolean;
  /** After a start. */
  hasEnded(): boolean;
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

/** Go keeps freed memory for a while; six processes beside the tests need not. */
const ENVIRONMENT = { GOGC: '50' };
const SHOWN_LINES = 8;

export function tikvMember(settings: MemberSettings): TikvMember {
  const { name, role, address, folder, program, args, detached } = settings;
  const own = managedProcess(name, join(folder, `${name}.out`), { cwd: folder, detached });
  const { pid, running, paused, pause, resume } = own;
  return {
    ...{ name, role, address, pid, running, paused, pause, resume },
    hasEnded: () => own.exited() !== null,
    kill: () => own.end('SIGKILL'),
    start: async () => own.start([program, ...args], { PATH: process.env.PATH, ...ENVIRONMENT }),
    lastLines: () => own.tail(SHOWN_LINES),
  };
}
