import { join } from 'node:path';
import type { Manifest, OpenCluster, RestoreRecord } from '@watchbill/fleet-run/backup';
import type { Io } from '../../../process/io.ts';
import { stateFolder } from '../ports.ts';
import { minutesOf } from './flags.ts';
import type { Hands } from './hands.ts';
import type { RestoreFlags } from './restore.ts';
import { clockOf, say } from './run.ts';

/** A restore in a cluster: the claims of the node are made anew of the snapshots of a backup. */
export async function restoreVolumes(
  io: Io,
  flags: RestoreFlags,
  hands: Hands,
  cluster: OpenCluster,
): Promise<void> {
  const { door, network, node, control, signal } = hands;
  const base = join(stateFolder(io, flags), 'backups', node.name);
  const held = door.holdFile(`${base}.lock`);
  try {
    const file = door.recordFile(`${base}.restore.json`, door.restoreShape);
    const genesis = flags.genesis ?? null;
    const older = flags.older === true;
    const manifest = begunOf(file.read(), flags) ?? (await chosen(flags, hands, cluster));
    const parts = {
      control,
      seat: door.volumeSeat({ cluster, network, node, control, genesis, older }),
      file,
      clock: clockOf(io),
      startMs: minutesOf(flags.startTimeout, '--start-timeout'),
      keepOld: flags.keepOld === true,
      tell: (step: RestoreRecord['step']) =>
        say(io, flags, { kind: 'step', step }, `${step.padEnd(11)}${STEP_TEXTS[step] ?? ''}`),
    };
    await door.restoreOnto(parts, manifest, signal);
    const { id, finalised } = manifest;
    say(
      io,
      flags,
      { kind: 'restored', id, node: node.name, finalised },
      `restored   ${node.name} is up on ${id}, block ${finalised.number} final`,
    );
  } finally {
    held.release();
  }
}

/** The backup of a restore that was cut short: it goes on with that, whatever became of the list meanwhile. */
function begunOf(record: RestoreRecord | null, { backup }: RestoreFlags): Manifest | null {
  if (record === null) return null;
  return backup === undefined || backup === record.manifest.id ? record.manifest : null;
}

async function chosen(flags: RestoreFlags, hands: Hands, cluster: OpenCluster): Promise<Manifest> {
  const { door, network, node, signal } = hands;
  const source = flags.of ?? node.name;
  const listed = await door.volumeShelf(cluster, network.name, source).list(signal);
  return door.chosenBackup(listed, { network: network.name, node: source, id: flags.backup ?? null });
}

const STEP_TEXTS: Readonly<Record<string, string>> = {
  fetched: 'the snapshots and the old volumes are kept, whatever happens',
  swapping: 'stopping the node, and making its claims anew of the snapshots',
  swapped: 'starting the node on the backup',
  back: 'it does not come up: giving it its old volumes back',
  done: 'the node is up',
};
