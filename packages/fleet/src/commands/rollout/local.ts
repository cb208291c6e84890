import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { usageFault } from '@watchbill/kit';
import type { ExitCode } from '@watchbill/kit/command/exit';
import { faultOf } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import type { Network } from '../../file/index.ts';
import type { ControlledNode, NodeProgram } from '../../lab/local/index.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { type RolloutFlags, wishesOf } from './flags.ts';
import { runAndSay } from './say.ts';

const JOURNAL = 'rollout.journal';

/** Another program for the nodes of a network that runs on this machine. */
export async function rolloutLocal(io: Io, options: RolloutFlags): Promise<ExitCode> {
  const folder = resolve(io.cwd, options.local ?? '');
  const network = await networkIfThere(io, options);
  const wishes = await wishesOf(options);
  const program = await programOf(io, options.binary);
  const { connectLocal, LocalFault } = await import('../../lab/local/index.ts');
  try {
    const control = await connectLocal(folder);
    try {
      const all = await control.nodes();
      const { createRolloutFile, rollOut } = await import('../../run/operations/index.ts');
      const { localPort } = await import('../../lab/operate/index.ts');
      const pools = poolsOf(all, options.pool);
      const what = digest(JSON.stringify([program.sha256, pools]));
      const memory = createRolloutFile(join(folder, JOURNAL));
      const before = await programsBefore(all, pools, program);
      const title = `${program.path} for the pools ${pools.join(', ')}`;
      return await runAndSay(io, options.json === true, async (watch) => {
        if (memory.unfinished() === null && Object.keys(before).length === 0)
          return { how: 'nothing', why: `the nodes of ${pools.join(', ')} run that program` };
        return rollOut({
          clock: io.clock,
          memory,
          network,
          wishes,
          header: { format: 'watchbill/rollout/1', network: folder, what, title, before },
          open: async (was) => {
            const nodes = all.filter(({ name }) => name in was);
            const others = all.filter(({ name }) => !(name in was));
            const programs = was as Readonly<Record<string, NodeProgram>>;
            return localPort({ control, nodes, others, program, before: programs, clock: io.clock });
          },
          ...watch,
        });
      });
    } finally {
      control.close();
    }
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    throw faultOf('local', error, folder);
  }
}

/** Only the section `rollout` of the file is needed, so the file may be missing if no flag names it. */
async function networkIfThere(io: Io, { file }: RolloutFlags): Promise<Network | null> {
  if (file === NETWORK_FILE && !existsSync(resolve(io.cwd, file))) return null;
  return (await readGraph(io, file)).network;
}

async function programOf(io: Io, binary: string | undefined): Promise<NodeProgram> {
  if (binary === undefined)
    throw usageFault('the new program is missing', 'name it with --binary', 'flag --binary');
  const path = resolve(io.cwd, binary);
  if (!existsSync(path) || !statSync(path).isFile())
    throw usageFault(`there is no file ${path}`, 'name an existing one', 'flag --binary');
  return { path, sha256: await sha256(path) };
}

function poolsOf(all: readonly ControlledNode[], wanted: readonly string[] | undefined): readonly string[] {
  const known = [...new Set(all.map(({ pool }) => pool))].sort();
  const unknown = (wanted ?? []).find((pool) => !known.includes(pool));
  if (unknown !== undefined)
    throw usageFault(`there is no pool ${unknown}`, `one of ${known.join(', ')}`, 'flag --pool');
  return wanted === undefined ? known : known.filter((pool) => wanted.includes(pool));
}

/** The present programs of the nodes to change, without the nodes that run the new program already. */
async function programsBefore(
  all: readonly ControlledNode[],
  pools: readonly string[],
  program: NodeProgram,
): Promise<Readonly<Record<string, NodeProgram>>> {
  const digests = new Map<string, Promise<string>>();
  const digestOf = (path: string): Promise<string> => {
    const found = digests.get(path) ?? sha256(path);
    digests.set(path, found);
    return found;
  };
  const before: Record<string, NodeProgram> = {};
  for (const { name, pool, program: path } of all) {
    if (!pools.includes(pool)) continue;
    const old = { path, sha256: await digestOf(path) };
    if (old.sha256 !== program.sha256) before[name] = old;
  }
  return before;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
