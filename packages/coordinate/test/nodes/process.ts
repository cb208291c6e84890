import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Of util-linux: Linux kills the process when the test ends, even by SIGKILL. */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
const WATCHBILL = fileURLToPath(new URL('../../../watchbill/bin/watchbill.mjs', import.meta.url));
const COMMAND_TIMEOUT_MS = 180_000;
const TAIL_LINES = 25;

/** A line of JSON that a process printed. */
export type Told = Readonly<Record<string, unknown>> & { readonly event: string; readonly text: string };

/** How a process ended, with all that it printed. */
export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Process {
  /** Its lines of JSON so far. */
  readonly told: readonly Told[];
  readonly ended: Promise<Ran>;
  running(): boolean;
  /** By its own pid. */
  signal(signal: NodeJS.Signals): void;
  /** The last lines of both outputs. */
  tail(): string;
}

/** Starts a program of these sources on this Node. */
export function startProcess(program: string, args: readonly string[], cwd: string): Process {
  const [setpriv, ...rest] = DIES_WITH_US;
  const child = spawn(setpriv, [...rest, process.execPath, program, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told: Told[] = [];
  const ran = { stdout: '', stderr: '' };
  let unread = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    ran.stdout += chunk;
    const lines = (unread + chunk).split('\n');
    unread = lines.pop() ?? '';
    told.push(...lines.flatMap(toldOf));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    ran.stderr += chunk;
  });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...ran }));
  });
  return {
    told,
    ended,
    running: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => {
      child.kill(signal);
    },
    tail: () => `${ran.stdout}${ran.stderr}`.trim().split('\n').slice(-TAIL_LINES).join('\n'),
  };
}

/** `watchbill coordinate …` until it ends. */
export async function coordinate(cwd: string, ...args: readonly string[]): Promise<Ran> {
  const running = startCoordinate(cwd, ...args);
  const late = new AbortController();
  const deadline = sleep(COMMAND_TIMEOUT_MS, null, { signal: late.signal }).then(
    () => running.signal('SIGKILL'),
    () => {},
  );
  const ran = await running.ended;
  late.abort();
  await deadline;
  return ran;
}

/** `watchbill coordinate …` in the background. */
export function startCoordinate(cwd: string, ...args: readonly string[]): Process {
  return startProcess(WATCHBILL, ['coordinate', ...args], cwd);
}

function toldOf(line: string): readonly Told[] {
  if (!line.startsWith('{')) return [];
  try {
    return [{ event: '', text: '', ...(JSON.parse(line) as object) }];
  } catch {
    // The first line of JSON that is printed over several; nobody waits for it.
    return [];
  }
}
