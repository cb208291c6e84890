import { type Clock, messageOf } from '@watchbill/kit';
import { withDeadline } from '../../file/live/index.ts';
import { BackupFault } from './backup-fault.ts';
import { backupId, type Manifest, totalOf } from './manifest.ts';
import type { NodeControl, RecordFile, Taking } from './port.ts';
import { refuseSigner } from './role.ts';
import {
  actionOf,
  again,
  mayBeDown,
  type NodeFacts,
  type RunRecord,
  resumed,
  type Step,
} from './run-state.ts';
import { startedAgain, untilAnswers } from './start.ts';

export interface RunParts {
  readonly control: NodeControl;
  readonly taking: Taking;
  readonly file: RecordFile<RunRecord>;
  readonly clock: Clock;
  /** Also nodes of other roles than `backup`, if they do not sign. */
  readonly anyRole: boolean;
  /** For the start of the node, until it answers. */
  readonly startMs: number;
  readonly tell: (step: Step) => void;
}

/**
 * Makes a backup of a node, or continues the one of the record. Always starts the node again; if that fails,
 * the fault `node-down` names the node in capitals, and the next run begins with starting it. Throws a
 * BackupFault.
 */
export async function runBackup(parts: RunParts, signal: AbortSignal): Promise<Manifest> {
  const { control, file } = parts;
  refuseSigner(control, parts.anyRole);
  let record = await beginning(parts, signal);
  // Another process read the copy back, perhaps days ago, and it may have been removed since.
  let isOld = record.step === 'verified' || record.step === 'started';
  const note = (next: RunRecord): void => {
    file.write(next);
    record = next;
    parts.tell(next.step);
  };
  try {
    while (record.step !== 'published') {
      if (isOld && record.step === 'started') {
        isOld = false;
        if (!(await parts.taking.has(manifestOf(record), signal))) note(freshRecord(parts));
      }
      note(await act(parts, record, signal));
    }
  } catch (error) {
    if (mayBeDown(record.step)) await bringBack(parts, record, error);
    throw error;
  }
  file.clear();
  return manifestOf(record);
}

/** The first record of this run: that of another process continues from the present state of the node. */
async function beginning(parts: RunParts, signal: AbortSignal): Promise<RunRecord> {
  const { control, file, taking } = parts;
  const { network, node } = control;
  const found = file.read();
  const isOwn = found?.network === network && found.node === node && found.archive === taking.address;
  // A run to another archive that has not stopped the node is dropped: it does not count here.
  if (found === null || !(isOwn || mayBeDown(found.step))) return freshRecord(parts);
  if (!isOwn)
    throw new BackupFault(
      'record',
      `${found.node} MAY BE DOWN: a backup of it to ${found.archive} is not finished`,
      'finish that backup first: run the command again with the same node and archive',
    );
  const next = resumed(found, await control.running(signal));
  if (next.ok) return next.record;
  if (next.why === 'unknown')
    throw new BackupFault(
      mayBeDown(found.step) ? 'node-down' : 'node',
      mayBeDown(found.step)
        ? `it cannot be seen whether ${node} runs: IT MAY BE DOWN, stopped by an earlier backup that is not finished`
        : `it cannot be seen whether ${node} runs`,
      'look at the node itself, then run this again',
    );
  throw notRunning(node);
}

function freshRecord({ control, taking, clock, file }: RunParts): RunRecord {
  const { network, node } = control;
  const record: RunRecord = {
    format: 'watchbill/backup-run/1',
    network,
    node,
    archive: taking.address,
    id: backupId(clock.nowMs(), 0),
    step: 'begun',
    facts: null,
    manifest: null,
  };
  file.write(record);
  return record;
}

function notRunning(node: string): BackupFault {
  return new BackupFault(
    'node',
    `${node} does not run, and no backup stopped it`,
    'start it, wait until it is in sync, then make a backup',
  );
}

async function act(parts: RunParts, record: RunRecord, signal: AbortSignal): Promise<RunRecord> {
  signal.throwIfAborted();
  const { control, taking, clock } = parts;
  switch (actionOf(record.step)) {
    case 'look': {
      const facts = await preflight(parts, signal);
      return { ...record, id: idOf(parts, record, facts), facts, step: 'preflight' };
    }
    case 'stop': {
      await control.stop(signal);
      const manifest = await manifestNow(record, parts, new Date(clock.nowMs()).toISOString(), signal);
      return { ...record, manifest, step: 'stopped' };
    }
    case 'copy':
      await taking.copy(manifestOf(record), signal);
      return { ...record, step: 'copied' };
    case 'verify':
      await taking.verify(manifestOf(record), signal);
      return { ...record, step: 'verified' };
    case 'start':
      await startedAgain(parts, manifestOf(record).genesis);
      return { ...record, step: 'started' };
    case 'publish':
      await taking.publish(manifestOf(record), signal);
      return { ...record, step: 'published' };
    case 'end':
      return record;
  }
}

/** An id that was given files already stays: files under it need not be copied again. */
function idOf({ taking, clock }: RunParts, { id }: RunRecord, { finalised }: NodeFacts): string {
  if (!taking.renews) return backupId(clock.nowMs(), finalised.number);
  return id.endsWith('-0') ? id.replace(/0$/, String(finalised.number)) : id;
}

/** The node is stopped only after every possible check has passed. */
async function preflight({ control, taking }: RunParts, signal: AbortSignal): Promise<NodeFacts> {
  const { node } = control;
  if ((await control.running(signal)) !== 'yes') throw notRunning(node);
  const facts = await control.facts(signal).catch((error: unknown) => {
    throw new BackupFault('node', `${node} does not answer: ${messageOf(error)}`, 'see its log', error);
  });
  if (facts.isSyncing) throw new BackupFault('node', `${node} is still syncing`, 'wait until it is');
  if (facts.finalised.number === 0)
    throw new BackupFault('node', `${node} has no final block yet`, 'wait until it does');
  await taking.ready(signal);
  return facts;
}

async function manifestNow(
  { id, facts }: RunRecord,
  { control, taking }: RunParts,
  madeAt: string,
  signal: AbortSignal,
): Promise<Manifest> {
  if (facts === null) throw new Error('the record has no facts of the node');
  const { network, node, pool, role, pruning } = control;
  const { genesis, nodeVersion, best, finalised } = facts;
  const taken = await taking.look(id, signal);
  return {
    format: 'watchbill/backup/1',
    id,
    network,
    genesis,
    node,
    pool,
    role,
    pruning,
    nodeVersion,
    best,
    finalised,
    madeAt,
    ...taken,
    totalBytes: totalOf(taken.files),
  };
}

function manifestOf({ manifest }: RunRecord): Manifest {
  if (manifest !== null) return manifest;
  throw new BackupFault(
    'record',
    'the record of the run has no manifest',
    'remove the record, and begin again',
  );
}

/**
 * After a failure: the node runs again, and the run begins anew. A node that does not start keeps the record
 * as it is.
 */
async function bringBack(parts: RunParts, record: RunRecord, error: unknown): Promise<void> {
  if (error instanceof BackupFault && error.code === 'node-down') throw error;
  const { control, file, clock, startMs } = parts;
  try {
    await withDeadline(clock, startMs, null, async (fresh) => {
      await control.start(fresh);
      if (record.facts !== null) await untilAnswers(parts, record.facts.genesis, fresh);
    });
  } catch (down) {
    throw new BackupFault(
      'node-down',
      `the backup failed (${messageOf(error)}), and ${control.node} IS DOWN: it did not start again (${messageOf(down)})`,
      `start ${control.node} by hand, or run this again: it begins with that`,
      error,
    );
  }
  file.write(again(record));
}
