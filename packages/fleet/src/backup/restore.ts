import { wrongOf } from './drill.ts';
import { BackupFault, textOf } from './fault.ts';
import { fetchBackup } from './fetch.ts';
import type { Manifest } from './manifest.ts';
import type { Archive, BackupClock, RecordFile } from './port.ts';
import { type RestoreChecks, refuseUnfit } from './restore-checks.ts';
import type { RestoreRecord } from './restore-state.ts';
import {
  clearAway,
  hasOld,
  readyStage,
  refuseLeftovers,
  type Swap,
  stageOf,
  swapBack,
  swapIn,
} from './swap.ts';

export interface RestoreParts extends RestoreChecks {
  readonly archive: Archive;
  readonly file: RecordFile<RestoreRecord>;
  readonly clock: BackupClock;
  /** For the node, until it is up on the backup. */
  readonly startMs: number;
  /** Leave the old database beside the new one. */
  readonly keepOld: boolean;
  readonly tell: (step: RestoreRecord['step']) => void;
}

const LOOK_EVERY_MS = 200;
/** For a node to stop, and for renames. */
const STOP_MS = 300_000;

/**
 * Puts a backup back onto a node: fetched beside the database and read there before the node is stopped, then given its name. The old
 * database stays until the node is up on the backup, and is taken back where it does not come up (fault `fell-back`). A restore that
 * was cut short goes on from its record. Throws a BackupFault; `node-down` says in capitals what does not run.
 */
export async function restoreBackup(
  parts: RestoreParts,
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
    while (record.step !== 'done') note(await act(parts, record, signalFor(parts, record, signal)));
  } catch (error) {
    if (record.step !== 'swapping' && record.step !== 'swapped' && record.step !== 'back') throw error;
    throw new BackupFault(
      'node-down',
      `the restore was cut short (${textOf(error)}): ${control.node} IS DOWN, or on a database that was not seen to work`,
      'run the same command again: it goes on from there, and keeps the old database until the node is up',
      error,
    );
  }
  file.clear();
  if (record.why === null) return;
  throw new BackupFault(
    'fell-back',
    `${control.node} did not come up on backup ${record.manifest.id} (${record.why}); it runs on its old database again`,
    'see its log, and take another backup',
  );
}

async function beginning(parts: RestoreParts, wanted: Manifest, signal: AbortSignal): Promise<RestoreRecord> {
  const { file, control } = parts;
  const found = file.read();
  if (found !== null) {
    if (found.node === control.node && found.manifest.id === wanted.id) return found;
    throw new BackupFault(
      'record',
      `a restore of ${found.manifest.id} onto ${found.node} is not finished`,
      `finish it first: --backup ${found.manifest.id}`,
    );
  }
  await refuseUnfit(parts, wanted, signal);
  await refuseLeftovers(swapOf(parts, wanted), signal);
  const { network, node } = control;
  const record: RestoreRecord = {
    format: 'watchbill/restore/1',
    network,
    node,
    step: 'begun',
    manifest: wanted,
    why: null,
  };
  file.write(record);
  return record;
}

/** Once the node is stopped, stopping the command would leave it so: what is begun then is brought to its end, within a time. */
function signalFor({ startMs }: RestoreParts, { step }: RestoreRecord, signal: AbortSignal): AbortSignal {
  return step === 'swapping' || step === 'swapped' || step === 'back'
    ? AbortSignal.timeout(2 * startMs + STOP_MS)
    : signal;
}

function swapOf({ run, folder }: RestoreParts, manifest: Manifest): Swap {
  return { run, folder, manifest };
}

async function act(parts: RestoreParts, record: RestoreRecord, signal: AbortSignal): Promise<RestoreRecord> {
  signal.throwIfAborted();
  const { control, archive, run } = parts;
  const { manifest } = record;
  const swap = swapOf(parts, manifest);
  switch (record.step) {
    case 'begun':
      await fetchBackup(run, archive, manifest, stageOf(swap), signal);
      await readyStage(swap, signal);
      return { ...record, step: 'fetched' };
    case 'fetched':
      // From here on the record says that the node may be down.
      return { ...record, step: 'swapping' };
    case 'swapping':
      await control.stop(signal);
      await swapIn(swap, signal);
      return { ...record, step: 'swapped' };
    case 'swapped': {
      const why = await upOn(parts, manifest, signal);
      if (why !== null && !(await hasOld(swap, signal)))
        throw new Error(`it did not come up on the backup (${why}), and it had no database before`);
      if (why !== null) return { ...record, step: 'back', why };
      await clearAway(swap, !parts.keepOld, signal);
      return { ...record, step: 'done' };
    }
    case 'back':
      await control.stop(signal);
      await swapBack(swap, signal);
      await control.start(signal);
      await untilUp(parts, manifest.genesis, signal);
      await clearAway(swap, false, signal);
      return { ...record, step: 'done' };
    case 'done':
      return record;
  }
}

/** Null where the node came up on the backup within its time; else why not. */
async function upOn(parts: RestoreParts, manifest: Manifest, outer: AbortSignal): Promise<string | null> {
  const { control, clock, startMs } = parts;
  const signal = AbortSignal.any([outer, AbortSignal.timeout(startMs)]);
  let last = 'it does not answer';
  await control.start(outer);
  while (!signal.aborted) {
    const facts = await control.facts(signal).catch(() => null);
    if (facts !== null) {
      const wrong = await wrongOf(manifest, facts, (number) => control.hashOf(number, signal)).catch(textOf);
      if (wrong === null) return null;
      last = wrong;
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  // Somebody stopped the command: that says nothing of the backup.
  outer.throwIfAborted();
  return last;
}

async function untilUp(
  { control, clock, startMs }: RestoreParts,
  genesis: string,
  outer: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(startMs)]);
  while (!signal.aborted) {
    const facts = await control.facts(signal).catch(() => null);
    if (facts?.genesis === genesis) return;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  throw new Error('it does not answer on its old database either');
}
