import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../packages/watchbill/bin/watchbill.mjs', import.meta.url));
const SAFETY_DEADLINE_MS = 120_000;

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs until it is stopped. */
export interface RunningCommand {
  /** The JSON lines that it printed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /**
   * The first answer of `look` that is not undefined; it looks again after each line. Rejects when the
   * command ends before.
   */
  until<Found>(what: string, look: () => Found | undefined): Promise<Found>;
  stop(signal: NodeJS.Signals): Promise<Ran>;
}

/** The command `watchbill` in a folder. Its deadline is there for safety alone. */
export async function watchbill(cwd: string, ...args: readonly string[]): Promise<Ran> {
  const child = start(cwd, args);
  const ended = collected(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), SAFETY_DEADLINE_MS);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}

/** Starts a command that prints lines of JSON. */
export function startWatchbill(cwd: string, ...args: readonly string[]): RunningCommand {
  const child = start(cwd, args);
  const ended = collected(child);
  const lines: Readonly<Record<string, unknown>>[] = [];
  const looks = new Set<() => void>();
  if (child.stdout !== null)
    createInterface(child.stdout).on('line', (line) => {
      lines.push(JSON.parse(line) as Record<string, unknown>);
      for (const look of looks) look();
    });
  return {
    lines,
    until: (what, look) =>
      new Promise((resolve, reject) => {
        const settle = (tell: () => void): void => {
          looks.delete(again);
          clearTimeout(timer);
          tell();
        };
        const again = (): void => {
          const found = look();
          if (found !== undefined) settle(() => resolve(found));
        };
        const fail = (why: string): void => settle(() => reject(new Error(`${what}: ${why}`)));
        const timer = setTimeout(() => fail('it did not come'), SAFETY_DEADLINE_MS);
        looks.add(again);
        void ended.then(({ code, err }) => fail(`the command ended with ${code}: ${err}`));
        again();
      }),
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

function start(cwd: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [COMMAND, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function collected(child: ChildProcess): Promise<Ran> {
  const ran = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    ran.out += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    ran.err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code: code as number | null, ...ran };
}
