import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { counted } from '@watchbill/base';
import type { Manifest, NodeFacts, OpenCluster } from '@watchbill/fleet-run/backup';
import type { Command } from 'commander';
import { type Context, withExamples, withStatuses } from '../../../process/context.ts';
import { usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { stateFolder } from '../ports.ts';
import { addBackupOptions, type BackupFlags, minutesOf } from './flags.ts';
import { type Ground, noArchive, onGround } from './ground.ts';
import { openedCluster } from './hands.ts';
import { clockOf, say, seconds } from './run.ts';

interface DrillFlags extends BackupFlags {
  readonly backup?: string;
  readonly program?: string;
  readonly chain?: string;
  readonly scratch?: string;
  readonly flag: readonly string[];
  readonly metrics?: string;
  readonly startTimeout: string;
}

/** `fleet backup drill`: shows that a backup can be used. */
export function addBackupDrill(parent: Command, { io }: Context): void {
  const command = parent
    .command('drill')
    .description(
      'put the newest backup into a scratch folder here, or in a cluster on a separate volume, start a node on it without keys and peers, and delete it',
    );
  addBackupOptions(command)
    .option('--backup <id>', 'which; left out: the newest')
    .option('--program <file>', 'executable of the node; left out: that of the network file')
    .option('--chain <chain>', 'specification or name of the chain; left out: that of the network file')
    .option(
      '--flag <flag>',
      'one more flag for the node (repeat)',
      (flag: string, before: readonly string[]) => [...before, flag],
      [],
    )
    .option('--scratch <folder>', 'where it is put for the time; left out: the folder for temporary files')
    .option('--metrics <folder>', 'where to write when it went well, for Prometheus')
    .option('--start-timeout <minutes>', 'longest time until the node has the height', '10')
    .action((options: DrillFlags) => drill(io, options));
  withExamples(withStatuses(command, { denied: 'the node does not reach the height of the backup' }), [
    'watchbill fleet backup drill --archive folder:/mnt/backups',
    'watchbill fleet backup drill --archive restic:/mnt/repository --password-file restic.password --program /usr/bin/polkadot',
  ]);
}

async function drill(io: Io, flags: DrillFlags): Promise<void> {
  await onGround(io, { ...flags, here: true }, async (ground, closers) => {
    const { door, network, node, archive, run, signal } = ground;
    const place = network.places.get(node.place);
    if (archive === null && place?.target === 'kubernetes')
      return drillSnapshots(io, flags, ground, await openedCluster(io, flags, place, ground, closers));
    if (archive === null) throw noArchive();
    const wanted = { network: network.name, node: node.name, id: flags.backup ?? null };
    const manifest = door.chosenBackup(await archive.list(signal), wanted);
    const facts = await door.drillBackup(
      {
        archive,
        manifest,
        run,
        scratch: resolve(io.cwd, flags.scratch ?? tmpdir()),
        program: programOf(io, flags, ground),
        chain: chainOf(io, flags, ground),
        flags: [...node.settings.customFlags, ...flags.flag],
        clock: clockOf(io),
        startMs: minutesOf(flags.startTimeout, '--start-timeout'),
      },
      signal,
    );
    tellDrilled(io, flags, ground, manifest, facts);
  });
}

/** In the cluster itself, where the snapshots are. */
async function drillSnapshots(
  io: Io,
  flags: DrillFlags,
  ground: Ground,
  cluster: OpenCluster,
): Promise<void> {
  const { door, network, node, signal } = ground;
  const base = join(stateFolder(io, flags), 'backups', node.name);
  const held = door.holdFile(`${base}.drill.lock`);
  try {
    const shelf = door.volumeShelf(cluster, network.name, node.name);
    const wanted = { network: network.name, node: node.name, id: flags.backup ?? null };
    const manifest = door.chosenBackup(await shelf.list(signal), wanted);
    const facts = await door.drillVolumes(
      {
        cluster,
        network,
        node,
        manifest,
        clock: clockOf(io),
        file: door.recordFile(`${base}.drill.json`, door.drillMarkShape),
        startMs: minutesOf(flags.startTimeout, '--start-timeout'),
      },
      signal,
    );
    tellDrilled(io, flags, ground, manifest, facts);
  } finally {
    held.release();
  }
}

function tellDrilled(
  io: Io,
  flags: DrillFlags,
  { door, network, node }: Ground,
  { id, finalised }: Manifest,
  facts: NodeFacts,
): void {
  if (flags.metrics !== undefined)
    door.writeBackupSeries(
      resolve(io.cwd, flags.metrics),
      { network: network.name, node: node.name },
      { drilled: seconds(io) },
    );
  const { best, peers } = facts;
  say(
    io,
    flags,
    { kind: 'drill', id, finalised: facts.finalised, best, peers },
    `drill      ${id} works: a node came up on it at block ${facts.finalised.number} (final in the backup: ${finalised.number}), best ${best.number}, ${counted(peers, 'peer')}`,
  );
}

function programOf(io: Io, { program }: DrillFlags, { node }: Ground): string {
  const found = program === undefined ? node.settings.software.binary?.source : resolve(io.cwd, program);
  if (found?.startsWith('/') === true && existsSync(found)) return found;
  throw usageFault(
    'there is no executable of the node here',
    'name one with --program',
    found ?? 'flag --program',
  );
}

function chainOf(io: Io, { chain, file }: DrillFlags, { network, node }: Ground): string {
  const own =
    network.chain.relay !== undefined && node.runs === 'relay' ? network.chain.relay : network.chain;
  if (network.chain.relay !== undefined && node.runs !== 'relay')
    throw usageFault(
      'drills of parachain nodes do not exist yet',
      'try one by hand; see the page how-to/back-up-fleet',
      node.name,
    );
  if (chain !== undefined) return existsSync(resolve(io.cwd, chain)) ? resolve(io.cwd, chain) : chain;
  if (own.name !== undefined) return own.name;
  if (own.spec?.file !== undefined) return resolve(dirname(resolve(io.cwd, file)), own.spec.file);
  throw usageFault(
    'the specification of the chain is not here',
    'download it, and name it with --chain',
    'flag --chain',
  );
}
