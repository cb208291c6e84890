import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The file that starts watchbill from its sources. */
export const SOURCES = fileURLToPath(new URL('../../watchbill/bin/watchbill.mjs', import.meta.url));

/**
 * The file that starts watchbill under Node. `npm run test:real` packs the command as a release does, so that
 * its tests see what users run, and names it in this variable. A file of tests that runs by itself starts the
 * sources.
 */
export const COMMAND = process.env.WATCHBILL_PACKED ?? SOURCES;

/** All that a command has printed. */
export interface Printed {
  readonly out: string;
  readonly errors: string;
  /** Both, as they came. */
  readonly all: string;
}

/** How a run of the command ended. */
export interface CommandRan extends Printed {
  readonly code: number | null;
}

/** A run of the command, to its end. */
export interface Command {
  readonly child: ChildProcess;
  readonly printed: Printed;
  /** The lines of JSON that it has printed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly ended: Promise<CommandRan>;
  readonly hasEnded: () => boolean;
  /**
   * The first answer of `look` that is not undefined; it looks again whenever something is printed. Rejects
   * where the command ends without.
   */
  readonly until: <Found>(what: string, look: () => Found | undefined) => Promise<Found>;
  /** Settles when it has printed this; rejects where it ends without. */
  readonly says: (pattern: RegExp) => Promise<unknown>;
  /** SIGTERM, or another signal; resolves when it is gone. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<CommandRan>;
}

export interface CommandSettings {
  /** It is killed then. Default: 10 minutes. */
  readonly timeoutMs?: number;
  readonly input?: string;
  /** Beside the variables of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts the command in a folder. */
export function startCommand(
  folder: string,
  args: readonly string[],
  { timeoutMs = 600_000, input = '', env }: CommandSettings = {},
): Command {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const printed = { out: '', errors: '', all: '' };
  const lines: Readonly<Record<string, unknown>>[] = [];
  const looks = new Set<() => void>();
  createInterface(child.stdout).on('line', (line) => {
    lines.push(...jsonOf(line));
    for (const look of looks) look();
  });
  for (const [name, stream] of [['out', child.stdout] as const, ['errors', child.stderr] as const])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      printed[name] += chunk;
      printed.all += chunk;
      for (const look of looks) look();
    });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...printed }));
  const until: Command['until'] = (what, look) =>
    new Promise((resolve, reject) => {
      const again = (): void => {
        const found = look();
        if (found === undefined) return;
        looks.delete(again);
        resolve(found);
      };
      looks.add(again);
      again();
      void ended.then(({ all }) => reject(new Error(`it ended before ${what}: ${all}`)), reject);
    });
  return {
    ...{ child, printed, lines, ended, until },
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    says: (pattern) => until(`it printed ${pattern}`, () => pattern.test(printed.all) || undefined),
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Empty for a line without a whole object. */
function jsonOf(line: string): readonly Readonly<Record<string, unknown>>[] {
  if (!line.startsWith('{')) return [];
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
