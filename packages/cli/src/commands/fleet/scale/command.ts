import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted } from '@watchbill/base';
import type { FleetPool } from '@watchbill/fleet';
import type { Command } from 'commander';
import { lines, print } from '../../../output/print.ts';
import { replaceFile } from '../../../output/write-files.ts';
import { type Context, withExamples } from '../../../process/context.ts';
import { EXIT, type ExitCode } from '../../../process/exit.ts';
import { usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { wholeOf } from '../../numbers.ts';
import { readGraph } from '../network-file.ts';
import { addPlanOptions, type PlanFlags, planAndSave } from '../plan.ts';
import { refuseSignersInUse } from './signers.ts';

export interface ScaleFlags extends PlanFlags {
  readonly place?: string;
  readonly node: readonly string[];
  readonly local?: string;
}

const MOST_NODES = 1_000;

/** `fleet scale`: another number of nodes in the network file, and the plan that follows from it. */
export function addFleetScale(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('scale')
    .description(
      'write another number of nodes into the network file, comments and all kept, and show the plan. A signer is only taken out when the chain no longer uses its keys: each one is asked, and what is not known refuses (exit 3). Exit as that of plan',
    )
    .argument('<pool>', 'name of a pool')
    .argument('<count>', 'nodes that it shall have at that place');
  addPlanOptions(command)
    .option('--place <place>', 'cluster or machine; left out: the only one of the pool')
    .option('--node <urls...>', 'ask a signer here and not by its place: NAME=ws://127.0.0.1:9944', [])
    .option(
      '--local <folder>',
      'the network runs on this machine by `fleet up --local`: its folder; no plan is made',
    )
    .action(async (pool: string, count: string, options: ScaleFlags) =>
      exit(await scale(io, pool, count, options)),
    );
  withExamples(command, [
    'watchbill fleet scale rpc 6',
    'watchbill fleet scale validators 3 --place east',
    'watchbill fleet scale validators 3 --node validators-east-3=ws://127.0.0.1:9944',
  ]);
}

async function scale(io: Io, name: string, countText: string, options: ScaleFlags): Promise<ExitCode> {
  const asked = { where: 'argument COUNT', of: 'nodes', least: 0, most: MOST_NODES };
  const count = wholeOf(countText, asked);
  const { graph, network } = await readGraph(io, options.file);
  const pool = await poolOf(network.pools, name);
  const place = placeOf(pool, options.place);
  const now = pool.places.get(place) ?? 0;
  if (now === count) {
    print(io, options.json, { pool: name, place, before: now, count, changed: false }, () =>
      lines([`${name} has ${counted(count, 'node')} at ${place} already`]),
    );
    return EXIT.ok;
  }
  const removed = pool.nodes.filter((node) => node.place === place && node.index >= count);
  const signers = removed
    .filter(({ role }) => role === 'validator' || role === 'collator')
    .map((one) => one.name);
  if (signers.length > 0) await refuseSignersInUse(io, options, graph, signers);
  const { withCount } = await import('@watchbill/fleet-run/rollout');
  const path = resolve(io.cwd, options.file);
  const before = readFileSync(path, 'utf8');
  const edit = withCount(before, name, place, count);
  if (!edit.ok) throw usageFault(edit.why, `write the count of ${name} by hand`, options.file);
  // Read before it is written: what would be wrong is said, and the file stays as it was.
  const { readNetworkText } = await import('@watchbill/fleet-run/network-file');
  const readFor = options.local === undefined ? 'place' : 'any';
  const next = readNetworkText(options.file, path, edit.text, readFor);
  const said = `${options.file}: ${name} at ${place}: ${now} → ${counted(count, 'node')}`;
  if (options.local !== undefined) {
    writeUnlessChanged(path, before, edit.text);
    print(io, options.json, { pool: name, place, before: now, count, changed: true }, () =>
      lines([said, 'stop the network and start it again with the same folder']),
    );
    return EXIT.ok;
  }
  // The file is written last: where no plan can be made, it says what it said.
  const told: string[] = [];
  const quiet = { ...io, out: (text: string) => void told.push(text) };
  const end = await planAndSave(quiet, options, next);
  writeUnlessChanged(path, before, edit.text);
  if (options.json !== true) io.out(lines([said, '']));
  io.out(told.join(''));
  return end;
}

/** Throws where somebody else wrote the file meanwhile: what they wrote stays. */
function writeUnlessChanged(path: string, before: string, text: string): void {
  if (readFileSync(path, 'utf8') !== before)
    throw usageFault('the file was changed meanwhile, and is left as it is now', 'run it again', path);
  replaceFile(path, text);
}

async function poolOf(pools: readonly FleetPool[], name: string): Promise<FleetPool> {
  const found = pools.find((pool) => pool.name === name);
  if (found !== undefined) return found;
  const { nearest } = await import('@watchbill/fleet');
  const names = pools.map((pool) => pool.name);
  const near = nearest(name, names);
  throw usageFault(
    `there is no pool ${name}`,
    near === null ? `one of ${names.join(', ')}` : `did you mean ${near}?`,
    'argument POOL',
  );
}

function placeOf({ name, places }: FleetPool, wanted: string | undefined): string {
  const known = [...places.keys()];
  const [only] = known;
  if (wanted === undefined && only !== undefined && known.length === 1) return only;
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  throw usageFault(
    wanted === undefined ? `${name} runs at ${known.join(' and ')}` : `${name} does not run at ${wanted}`,
    `name one with --place: ${known.join(', ')}`,
    'flag --place',
  );
}
