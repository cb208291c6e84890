import { type Clock, messageOf } from '@watchbill/kit';
import { withDeadline } from '../../file/live/index.ts';
import { BackupFault } from './backup-fault.ts';
import { wrongOf } from './drill.ts';
import { type FolderParts, folderDestination } from './folder-destination.ts';
import type { Manifest } from './manifest.ts';
import type { Destination, NodeControl, RecordFile } from './port.ts';
import type { RestoreRecord } from './restore-state.ts';
import type { NodeFacts } from './run-state.ts';

/** The inputs of a restore, wherever the node is. */
export interface DestinationParts {
  readonly control: NodeControl;
  readonly destination: Destination;
  readonly file: RecordFile<RestoreRecord>;
  readonly clock: Clock;
  /** For the node, until it is up on the backup. */
  readonly startMs: number;
  /** Leave the old database beside the new one. */
  readonly keepOld: boolean;
  readonly tell: (step: RestoreRecord['step']) => void;
}

/** A restore into the folder of a node. */
export interface RestoreParts extends FolderParts, Omit<DestinationParts, 'destination'> {}

const LOOK_EVERY_MS = 200;
/** For a node to stop, and for renames. */
const STOP_MS = 300_000;
/** Undoes the preparation. */
const LET_GO_MS = 60_000;

/** Puts files of an archive back onto a node. Throws a BackupFault. */
export function restoreBackup(parts: RestoreParts, wanted: Manifest, signal: AbortSignal): Promise<void> {
  return restoreOnto({ ...parts, destination: folderDestination(parts) }, wanted, signal);
}

/**
 * Restores a backup onto a node: prepares it before the node is stopped, then puts it in the place of the
 * database. The old database stays until the node is up on the backup, and comes back if the node does not
 * start (fault `fell-back`). An interrupted restore continues from its record. Throws a BackupFault;
 * `node-down` names the stopped node in capitals.
 */
export async function restoreOnto(
  parts: DestinationParts,
  wanted: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const { control, file } = parts;
  let record = await beginning(parts, wanted, signal);
  const note = (next: RestoreRecord): void => {
    file.write(next);
    record = next;
    parts.tell(next.step);
  };
  try {
    while (record.step !== 'done') note(await actInTime(parts, record, signal));
  } catch (error) {
    if (!isBegun(record)) throw await untouched(parts, record, error);
    throw new BackupFault(
      'node-down',
      `the restore was cut short (${messageOf(error)}): ${control.node} IS DOWN, or runs on a database that may not work; ${parts.destination.keptText(record)}`,
      'run the same command again: it continues from there, and keeps the old database until the node is up',
      error,
    );
  }
  file.clear();
  if (record.why === null) return;
  throw new BackupFault(
    'fell-back',
    `${control.node} did not start on backup ${record.manifest.id} (${record.why}); it runs on its old database again`,
    'read its log, and use another backup',
  );
}

/** Whether the node may have been touched. */
function isBegun({ step }: RestoreRecord): boolean {
  return step === 'swapping' || step === 'swapped' || step === 'back';
}

/** The node is unchanged: undoes the preparations, so that no half-finished state is left. */
async function untouched(
  { destination, file, clock }: DestinationParts,
  record: RestoreRecord,
  error: unknown,
): Promise<unknown> {
  const { letGo } = destination;
  if (letGo === null) return error;
  try {
    await withDeadline(clock, LET_GO_MS, null, (signal) => letGo(record, signal));
    file.clear();
    return error;
  } catch (left) {
    return new BackupFault(
      'record',
      `the restore failed before anything of ${record.node} was touched (${messageOf(error)}), and could not be undone (${messageOf(left)}); ${destination.keptText(record)}`,
      'run the same command again: it continues the restore, or undoes it',
      error,
    );
  }
}

async function beginning(
  parts: DestinationParts,
  wanted: Manifest,
  signal: AbortSignal,
): Promise<RestoreRecord> {
  const { file, control, destination } = parts;
  const found = await earlier(parts, wanted, signal);
  if (found !== null) return found;
  const looked = await destination.look(wanted, signal);
  const { network, node } = control;
  const record: RestoreRecord = {
    format: 'watchbill/restore/1',
    network,
    node,
    step: 'begun',
    manifest: wanted,
    why: null,
    ...looked,
  };
  file.write(record);
  return record;
}

/**
 * The record of an interrupted restore; null if none exists. Until the node is touched, only fetched files
 * exist: they are dropped for another backup, because theirs may be damaged. To continue, the same backup
 * must still fit, because the node ran on.
 */
async function earlier(
  { file, control, destination }: DestinationParts,
  wanted: Manifest,
  signal: AbortSignal,
): Promise<RestoreRecord | null> {
  const found = file.read();
  if (found === null) return null;
  const { network, node, step, manifest } = found;
  const isOfNode = network === control.network && node === control.node;
  const isSame = isOfNode && manifest.id === wanted.id;
  const hasFilesOnly = isOfNode && (step === 'begun' || step === 'fetched') && destination.letGo === null;
  if (!isSame && !hasFilesOnly)
    throw new BackupFault(
      'record',
      `a restore of ${manifest.id} onto ${node} of network ${network} is not finished`,
      `finish it first: --backup ${manifest.id}`,
    );
  if (isSame && hasFilesOnly) await destination.look(wanted, signal);
  if (isSame) return found;
  await destination.clearAway(found, false, signal);
  file.clear();
  return null;
}

/**
 * Once the node is stopped, stopping the command would leave it so: the command finishes the step in
 * progress, within a time.
 */
function actInTime(
  parts: DestinationParts,
  record: RestoreRecord,
  signal: AbortSignal,
): Promise<RestoreRecord> {
  if (!isBegun(record)) return act(parts, record, signal);
  return withDeadline(parts.clock, 2 * parts.startMs + STOP_MS, null, (own) => act(parts, record, own));
}

async function act(
  parts: DestinationParts,
  record: RestoreRecord,
  signal: AbortSignal,
): Promise<RestoreRecord> {
  signal.throwIfAborted();
  const { control, destination } = parts;
  const { manifest } = record;
  switch (record.step) {
    case 'begun':
      await destination.prepare(record, signal);
      return { ...record, step: 'fetched' };
    case 'fetched':
      await destination.refuseSigner(signal);
      // From here on the record shows that the node may be down.
      return { ...record, step: 'swapping' };
    case 'swapping': {
      await destination.refuseSigner(signal);
      await control.stop(signal);
      const why = await destination.swapIn(record, signal);
      return why === null ? { ...record, step: 'swapped' } : backFrom(parts, record, why, signal);
    }
    case 'swapped': {
      await destination.refuseSigner(signal);
      const why = (await upOn(parts, manifest, signal)) ?? (await destination.wrong(record, signal));
      if (why !== null) return backFrom(parts, record, why, signal);
      await destination.clearAway(record, !parts.keepOld, signal);
      return { ...record, step: 'done' };
    }
    case 'back':
      await destination.refuseSigner(signal);
      await control.stop(signal);
      await destination.swapBack(record, signal);
      await control.start(signal);
      await untilUp(parts, manifest.genesis, signal);
      await destination.clearAway(record, false, signal);
      return { ...record, step: 'done' };
    case 'done':
      return record;
  }
}

async function backFrom(
  { destination }: DestinationParts,
  record: RestoreRecord,
  why: string,
  signal: AbortSignal,
): Promise<RestoreRecord> {
  if (await destination.hasOld(record, signal)) return { ...record, step: 'back', why };
  throw new Error(`it did not start on the backup (${why}), and it had no database before`);
}

/** Null if the node came up on the backup in time; otherwise the reason. */
function upOn(parts: DestinationParts, manifest: Manifest, outer: AbortSignal): Promise<string | null> {
  const { control, clock, startMs, destination } = parts;
  return withDeadline(clock, startMs, outer, async (signal) => {
    let last = 'it does not answer';
    await control.start(outer);
    while (!signal.aborted) {
      const facts = await control.facts(signal).catch(() => null);
      if (facts !== null) {
        const hashOf = (number: number) => control.hashOf(number, signal);
        const wrong = await wrongOf(manifest, facts, hashOf).catch(messageOf);
        if (wrong === null) return null;
        if (destination.unread && isBehind(manifest, facts)) return `at its first answer, ${wrong}`;
        last = wrong;
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    // The command was stopped, which proves nothing about the backup.
    outer.throwIfAborted();
    return last;
  });
}

/**
 * The node is on another chain, or has fewer blocks than the backup. A question without an answer shows
 * neither.
 */
function isBehind({ genesis, finalised }: Manifest, facts: NodeFacts): boolean {
  return facts.genesis !== genesis || facts.finalised.number < finalised.number;
}

function untilUp(
  { control, clock, startMs }: DestinationParts,
  genesis: string,
  outer: AbortSignal,
): Promise<void> {
  return withDeadline(clock, startMs, outer, async (signal) => {
    while (!signal.aborted) {
      const facts = await control.facts(signal).catch(() => null);
      if (facts?.genesis === genesis) return;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    throw new Error('it does not answer on its old database either');
  });
}
