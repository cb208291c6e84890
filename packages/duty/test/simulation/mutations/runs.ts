import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../run/main.ts', import.meta.url));
const HOOK = new URL('./load-mutated.mjs', import.meta.url).href;

/** What `run/main.ts --json` printed last: the first seed that failed, or none. */
export interface Verdict {
  readonly seed?: string;
  readonly runs: number;
  readonly promise?: string;
  readonly what?: string;
}

/** The seeds of `args` with these patches in force, in a process of their own. A text says why not. */
export async function runSeeds(
  args: readonly string[],
  patches: readonly string[],
): Promise<Verdict | string> {
  const hook = patches.length === 0 ? [] : ['--import', HOOK];
  const env = {
    ...process.env,
    SIMULATION_MUTATION: patches.join(','),
    // Each mutation starts two processes; half of such a start is the reading of TypeScript.
    NODE_COMPILE_CACHE: join(tmpdir(), 'watchbill-simulator'),
  };
  const child = spawn(process.execPath, [...hook, RUN, '--json', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  const line = text.out.trim().split('\n').at(-1) ?? '';
  if (line.startsWith('{')) return JSON.parse(line) as Verdict;
  const why = text.err.split('\n').find((each) => each.includes('Error'));
  return why?.trim() ?? 'the run printed nothing';
}
