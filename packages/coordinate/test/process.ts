import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMMAND } from '@watchbill/testkit/command';

/** Of util-linux: Linux kills the process when the test ends, even by SIGKILL. */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
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

/** A command that runs until it is stopped. */
export type Process = ReturnType<typeof startProcess>;

/** Starts a program of these sources on this Node. */
function startProcess(program: string, args: readonly string[], cwd: string) {
  const [setpriv, ...rest] = DIES_WITH_US;
  const child = spawn(setpriv, [...rest, process.execPath, program, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Told[] = [];
  const looks = new Set<() => void>();
  const ran = { stdout: '', stderr: '' };
  let unread = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    ran.stdout += chunk;
    const parts = (unread + chunk).split('\n');
    unread = parts.pop() ?? '';
    lines.push(...parts.flatMap(toldOf));
    for (const look of looks) look();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    ran.stderr += chunk;
  });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...ran }));
  });
  return {
    /** Its lines of JSON so far. */
    lines: lines as readonly Told[],
    ended,
    running: () => child.exitCode === null && child.signalCode === null,
    /** The first such line, printed or still to come. Rejects if the process ends before. */
    until: (what: (line: Told) => boolean) =>
      new Promise<Told>((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(what);
          if (found === undefined) return;
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        void ended.then(({ code, stderr }) =>
          reject(new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)),
        );
        look();
      }),
    /** Sends a signal to its own pid; settles when the process has ended. */
    kill: (signal: NodeJS.Signals) => {
      child.kill(signal);
      return ended;
    },
    /** The last lines of both outputs. */
    tail: () => `${ran.stdout}${ran.stderr}`.trim().split('\n').slice(-TAIL_LINES).join('\n'),
  };
}

/** `watchbill coordinate …` until it ends. */
export async function coordinate(cwd: string, ...args: readonly string[]): Promise<Ran> {
  const running = startCoordinate(cwd, ...args);
  const late = new AbortController();
  const deadline = sleep(COMMAND_TIMEOUT_MS, null, { signal: late.signal }).then(
    () => void running.kill('SIGKILL'),
    () => {},
  );
  const ran = await running.ended;
  late.abort();
  await deadline;
  return ran;
}

/** `watchbill coordinate …` in the background. */
export function startCoordinate(cwd: string, ...args: readonly string[]): Process {
  return startProcess(COMMAND, ['coordinate', ...args], cwd);
}

function toldOf(line: string): readonly Told[] {
  if (!line.startsWith('{')) return [];
  try {
    return [{ event: '', text: '', ...(JSON.parse(line) as object) }];
  } catch {
    // The first line of JSON that is printed over several.
    return [];
  }
}
