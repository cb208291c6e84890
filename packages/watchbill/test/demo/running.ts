import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Command, startCommand } from '@watchbill/testkit/command';

/** A demonstration in a process of its own, in a folder that names all its processes. */
export interface RunningDemo extends Command {
  readonly folder: string;
}

export function startDemo(context: TestContext, flags: readonly string[]): RunningDemo {
  const home = mkdtempSync(join(tmpdir(), 'watchbill-demo-test-'));
  const folder = join(home, 'run');
  const demo = startCommand('.', ['demo', ...flags, '--json', '--port', '0', '--dir', folder]);
  context.after(async () => {
    await demo.stop();
    rmSync(home, { recursive: true, force: true });
  });
  return { ...demo, folder };
}

/**
 * Processes whose command line names the folder, as Linux lists them, apart from the demonstration itself.
 */
export function processesOf({ folder, child }: RunningDemo): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(child.pid))
    .map((name) => `${name} ${commandLineOf(name)}`)
    .filter((line) => line.includes(folder));
}

/** Empty for a process that has ended. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** How many signatures the validators have recorded so far. */
export function signatureCount({ folder }: RunningDemo): number {
  if (!existsSync(folder)) return 0;
  return globSync('**/*.jsonl', { cwd: folder })
    .map((file) => readFileSync(join(folder, file), 'utf8').split('\n').length - 1)
    .reduce((sum, count) => sum + count, 0);
}
