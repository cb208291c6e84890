import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@watchbill/testkit';

const MAIN = fileURLToPath(new URL('../../../watchbill/src/main.ts', import.meta.url));

/** Of util-linux: Linux kills the process when the test ends, even by SIGKILL. */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/** One finished command. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line that a member printed with `--json`. */
export type Told = Readonly<Record<string, unknown>> & { readonly event: string; readonly text: string };

/** A command that runs until it is stopped. */
export interface Process {
  readonly lines: readonly Told[];
  /**
   * The first line, printed or still to come, for which this holds. Rejects where the process ends before.
   */
  until(what: (line: Told) => boolean): Promise<Told>;
  kill(signal: NodeJS.Signals): Promise<Ran>;
  readonly ended: Promise<Ran>;
}

/** Four operators in a folder of their own, as `coordinate init --example` makes them. */
export interface DemoGroup {
  readonly folder: string;
  config(name: string): string;
  file(...path: readonly string[]): string;
  run(...args: readonly string[]): Promise<Ran>;
  start(...args: readonly string[]): Process;
  /** `start` in the folder of a member, as its operator types it there. */
  startAt(name: string, ...args: readonly string[]): Process;
  member(name: string): Process;
  chain(): Promise<Process>;
  windows(name: string): Promise<readonly WindowRow[]>;
  /** What a running member answers to `/status`. */
  status(name: string): Promise<Readonly<Record<string, unknown>>>;
  /** Ends every process. */
  close(): Promise<void>;
}

export interface WindowRow {
  readonly from: string;
  readonly to: string;
  readonly result: string;
  readonly reason: string | null;
  readonly action: string | null;
  readonly faults: readonly { readonly kind: string }[];
  readonly receipts: readonly { readonly result: string }[];
}

export const NAMES = ['one', 'two', 'three', 'four'] as const;

/**
 * Makes the group with its `init --example` of a profile, in a folder of this name; blocks of the dev
 * chain come this often.
 */
export async function makeDemoGroup({
  blockMs = 250,
  name: group = 'demo-group',
  profile = 'quorum',
}: {
  readonly blockMs?: number;
  readonly name?: string;
  readonly profile?: 'quorum' | 'rfc12';
} = {}): Promise<DemoGroup> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-demo-group-'));
  const processes = new Set<Process>();
  const startIn = (cwd: string, args: readonly string[]): Process => {
    const [program, ...rest] = DIES_WITH_US;
    const child = spawn(program, [...rest, process.execPath, MAIN, 'coordinate', ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = watched(child, args);
    processes.add(running);
    void running.ended.finally(() => processes.delete(running));
    return running;
  };
  const start = (...args: readonly string[]): Process => startIn(folder, args);
  const demo: DemoGroup = {
    folder,
    config: (name) => join(folder, group, name, 'coordinate.yaml'),
    file: (...path) => join(folder, group, ...path),
    run: (...args) => start(...args).ended,
    start,
    startAt: (name, ...args) => startIn(demo.file(name), args),
    member: (name) => start('run', '--json', '--profile', profile, '--config', demo.config(name)),
    chain: async () => {
      const chain = start('dev-chain', '--json', demo.file('dev-chain.yaml'));
      await chain.until(({ url }) => typeof url === 'string');
      return chain;
    },
    windows: async (name) => {
      const served = await askMember(demo.config(name), '/windows?limit=1000');
      if (served !== null) return served.windows as WindowRow[];
      const ran = await demo.run('windows', '--json', '--limit', '1000', '--config', demo.config(name));
      if (ran.code !== 0) throw new Error(ran.stderr);
      return (JSON.parse(ran.stdout) as { windows: WindowRow[] }).windows;
    },
    status: async (name) => {
      const answer = await askMember(demo.config(name), '/status');
      if (answer === null) throw new Error(`${name} does not run`);
      return answer;
    },
    close: async () => {
      await Promise.all([...processes].map((running) => running.kill('SIGKILL')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const made = await demo.run('init', '--profile', profile, '--example', group, '--block-ms', `${blockMs}`);
  if (made.code !== 0) throw new Error(made.stderr);
  await giveOwnPorts(NAMES.map(demo.config).concat(demo.file('group.yaml'), demo.file('dev-chain.yaml')));
  return demo;
}

const PORT = /(?<=tcp\/|127\.0\.0\.1:|port: )[0-9]{5}\b/g;

/**
 * Ports that no other process of tests is given: what `init` drew, another one may draw before it is listened
 * on.
 */
async function giveOwnPorts(files: readonly string[]): Promise<void> {
  const drawn = new Set(files.flatMap((file) => textOf(file).match(PORT) ?? []));
  const ports = await freePorts(drawn.size);
  const own = new Map([...drawn].map((port, index) => [port, `${ports[index]}`]));
  for (const file of files)
    writeFileSync(
      file,
      textOf(file).replace(PORT, (port) => own.get(port) ?? port),
    );
}

/** From the running member itself; null where it does not run. */
async function askMember(config: string, path: string): Promise<Readonly<Record<string, unknown>> | null> {
  const port = /^http:\n(?:.*\n)?\s+port: ([0-9]+)$/m.exec(textOf(config))?.[1];
  const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
  return response === null ? null : ((await response.json()) as Record<string, unknown>);
}

function watched(child: ChildProcess, args: readonly string[]): Process {
  const lines: Told[] = [];
  const looks = new Set<() => void>();
  const ran = { stdout: '', stderr: '' };
  let unread = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    ran.stdout += chunk;
    const parts = (unread + chunk).split('\n');
    unread = parts.pop() ?? '';
    for (const part of parts) if (part.startsWith('{')) lines.push(toldOf(part));
    for (const look of looks) look();
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    ran.stderr += chunk;
  });
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, ...ran })));
  return {
    lines,
    ended,
    until: (what) =>
      new Promise((resolve, reject) => {
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
    kill: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

function toldOf(line: string): Told {
  try {
    return { event: '', text: '', ...(JSON.parse(line) as object) };
  } catch {
    // The beginning of JSON over several lines, which nobody waits for.
    return { event: '', text: line };
  }
}

/** Windows of records, each with how often an outcome covers it. */
export function coverage(rows: readonly WindowRow[]): ReadonlyMap<bigint, number> {
  const counts = new Map<bigint, number>();
  for (const { from, to } of rows)
    for (let window = BigInt(from); window <= BigInt(to); window++)
      counts.set(window, (counts.get(window) ?? 0) + 1);
  return counts;
}

export function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}
