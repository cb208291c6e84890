import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@watchbill/testkit';
import type { CommandRan } from '@watchbill/testkit/command';
import type { WindowRow } from '../nodes/operator.ts';
import { type Process, startCoordinate } from '../process.ts';

export const NAMES = ['one', 'two', 'three', 'four'] as const;

/** Four operators in a folder of their own, as `coordinate init --example` makes them. */
export type DemoGroup = Awaited<ReturnType<typeof makeDemoGroup>>;

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
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-demo-group-'));
  const processes = new Set<Process>();
  const startIn = (cwd: string, args: readonly string[]): Process => {
    const running = startCoordinate(cwd, ...args);
    processes.add(running);
    void running.ended.finally(() => processes.delete(running));
    return running;
  };
  const start = (...args: readonly string[]): Process => startIn(folder, args);
  const demo = {
    folder,
    config: (name: string): string => join(folder, group, name, 'coordinate.yaml'),
    file: (...path: readonly string[]): string => join(folder, group, ...path),
    run: (...args: readonly string[]): Promise<CommandRan> => start(...args).ended,
    start,
    /** `start` in the folder of a member, as its operator types it there. */
    startAt: (name: string, ...args: readonly string[]): Process => startIn(demo.file(name), args),
    member: (name: string): Process =>
      start('run', '--json', '--profile', profile, '--config', demo.config(name)),
    chain: async (): Promise<Process> => {
      const chain = start('dev-chain', '--json', demo.file('dev-chain.yaml'));
      await chain.until(({ url }) => typeof url === 'string');
      return chain;
    },
    windows: async (name: string): Promise<readonly WindowRow[]> => {
      const served = await askMember(demo.config(name), '/windows?limit=1000');
      if (served !== null) return served.windows as WindowRow[];
      const ran = await demo.run('windows', '--json', '--limit', '1000', '--config', demo.config(name));
      if (ran.code !== 0) throw new Error(ran.errors);
      return (JSON.parse(ran.out) as { windows: WindowRow[] }).windows;
    },
    /** The answer of a running member to `/status`. */
    status: async (name: string): Promise<Readonly<Record<string, unknown>>> => {
      const answer = await askMember(demo.config(name), '/status');
      if (answer === null) throw new Error(`${name} does not run`);
      return answer;
    },
    /** Ends every process. */
    close: async (): Promise<void> => {
      await Promise.all([...processes].map((running) => running.stop('SIGKILL')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const made = await demo.run('init', '--profile', profile, '--example', group, '--block-ms', `${blockMs}`);
  if (made.code !== 0) throw new Error(made.errors);
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
