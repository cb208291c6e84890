import { digestOfText } from '@watchbill/kit';
import { plainCandidate } from '../candidates/candidate.ts';
import { findingLine, loadList } from '../candidates/list.ts';
import { kusamaJob, releasesJob } from '../jobs/work/outside.ts';
import { takeSnapshot } from '../jobs/work/snapshot.ts';
import { encodeSnapshot } from '../snapshot/codec.ts';
import { ServiceFault } from './files.ts';
import { type Closing, openResources, type ResourceOptions, type Resources } from './resources.ts';

/** A snapshot that a person took, with the facts that it lacks. */
export interface OneSnapshot {
  /** The canonical text. */
  readonly text: string;
  /** SHA-256 of the text, without `0x`. */
  readonly digest: string;
  readonly candidateCount: number;
  /** Null if unknown. */
  readonly era: number | null;
  /** Height of the finalised block of the staking chain; null for a recorded chain without one. */
  readonly block: bigint | null;
  /** Sources that were not read, for example `{ source: 'identity', why: 'no endpoint answers' }`. */
  readonly missing: readonly { readonly source: string; readonly why: string }[];
}

export interface OneSnapshotParts extends ResourceOptions {
  /** False: the database does not exist, and none is created. The snapshot then has no history. */
  readonly hasDatabase: boolean;
}

/**
 * Takes one snapshot from the configured chains, without the service and without telemetry. It reads history,
 * places and earlier verdicts from the database, and stores no snapshot there. Rejects with a ServiceFault, a
 * StorageFault or a TransactionFault, and closes everything before.
 */
export async function takeOneSnapshot(parts: OneSnapshotParts, signal: AbortSignal): Promise<OneSnapshot> {
  const { hasDatabase, config } = parts;
  const { places: _noLookups, ...rest } = config;
  const quiet = { ...rest, send: false, telemetry: [], notify: [] };
  const reading = hasDatabase ? quiet : { ...quiet, database: { file: ':memory:' } };
  const closing: Closing = [];
  try {
    const resources = await openResources({ ...parts, config: reading, byHand: true }, closing);
    return await taken(resources, hasDatabase, signal);
  } finally {
    for (const close of closing.toReversed()) await close().catch(() => undefined);
  }
}

async function taken(
  { jobParts }: Resources,
  hasDatabase: boolean,
  signal: AbortSignal,
): Promise<OneSnapshot> {
  const context = { ...jobParts, signal, progress: async () => undefined };
  const list = await candidatesOf(jobParts, signal);
  // The database has the feeds that the service read. Without one, they are read now, into memory.
  const feeds = hasDatabase ? [] : await missingFeeds(context);
  const { part, snapshot } = await takeSnapshot(context, { readMs: jobParts.clock.nowMs(), list });
  const staking = part.failures.find(({ role }) => role === 'staking');
  if (staking !== undefined)
    throw new ServiceFault(
      `the staking chain cannot be read: ${staking.why}`,
      'check the endpoints under `chains.staking`, and retry',
      'chain-unreachable',
    );
  const text = encodeSnapshot(snapshot);
  const missing = [...part.failures.map(({ role, why }) => ({ source: role, why })), ...feeds];
  return {
    text,
    digest: digestOfText(text),
    candidateCount: snapshot.candidates.length,
    era: snapshot.eras.active.known ? snapshot.eras.active.value : null,
    block: snapshot.sources.staking?.block?.number ?? null,
    missing,
  };
}

async function candidatesOf({ world, settings }: Resources['jobParts'], signal: AbortSignal) {
  const text = await world.candidates(signal).catch((error: unknown) => {
    if (error instanceof ServiceFault) throw error;
    const why = error instanceof Error ? error.message : 'unknown error';
    throw new ServiceFault(`the candidate list cannot be read: ${why}`, 'check `candidates.source`');
  });
  const load = loadList(text, settings.listRules, settings.goodRestOnly);
  const first = load.report.findings.find(({ severity }) => severity === 'error');
  if (!load.ok || load.candidates.length === 0)
    throw new ServiceFault(
      `the candidate list cannot be used: ${first === undefined ? 'it is empty' : findingLine(first)}`,
      'correct the list (`watchbill nominate candidates lint` shows every error), or write `candidates.goodRestOnly: true` to use the valid entries',
      'bad-candidates',
    );
  return load.candidates.map(plainCandidate);
}

async function missingFeeds(context: Parameters<typeof releasesJob.run>[0]): Promise<OneSnapshot['missing']> {
  const missing: { readonly source: string; readonly why: string }[] = [];
  for (const job of [releasesJob, kusamaJob])
    await job.run(context).catch((error: unknown) => {
      missing.push({ source: job.name, why: error instanceof Error ? error.message : 'unknown error' });
    });
  return missing;
}
