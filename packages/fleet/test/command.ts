import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Plan } from '@watchbill/fleet/file';
import { COMMAND } from '@watchbill/testkit/command';

/** How a run of the command ended, with all that it printed. */
export interface CommandRan {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
  /** Both, as they came. */
  readonly all: string;
}

/** A run of the command, to its end. */
export interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandRan>;
  /** Settles when it has printed this; rejects where it ends without. */
  readonly says: (pattern: RegExp) => Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

/** Starts the command in a folder. It is killed at the deadline. */
export function start(
  folder: string,
  args: readonly string[],
  { timeoutMs = 600_000, input = '' }: { readonly timeoutMs?: number; readonly input?: string } = {},
): Command {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const texts = { out: '', errors: '', all: '' };
  const looks = new Set<() => void>();
  for (const [name, stream] of [['out', child.stdout] as const, ['errors', child.stderr] as const])
    stream.on('data', (chunk: Buffer) => {
      texts[name] += chunk;
      texts.all += chunk;
      for (const look of looks) look();
    });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
  return {
    child,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => void (pattern.test(texts.all) && resolve());
        looks.add(look);
        look();
        void ended.then(({ all }) => reject(new Error(`it never printed ${pattern}: ${all}`)), reject);
      }),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const OPERATOR_TIMEOUT_MS = 300_000;

/** An operator: a folder with a network file, and `watchbill fleet` as processes. `reach`: flags of each. */
export function operatorIn(context: TestContext, folder: string, reach: readonly string[]) {
  const fleet = (args: readonly string[], input = ''): Command => {
    const options = { timeoutMs: OPERATOR_TIMEOUT_MS, input };
    const started = start(folder, ['fleet', ...args, ...reach], options);
    context.after(() => started.child.kill('SIGKILL'));
    return started;
  };
  const run = (...args: readonly string[]): Promise<CommandRan> => fleet(args).ended;
  const plan = async (...args: readonly string[]): Promise<Plan> => {
    const { out } = await run('plan', '--json', ...args);
    return (JSON.parse(out) as { readonly plan: Plan }).plan;
  };
  return { folder, start: fleet, run, plan };
}
