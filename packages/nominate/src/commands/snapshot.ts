import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted, fault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut } from '@watchbill/kit/command/planned-files';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { OneSnapshot } from '../service/index.ts';
import { outExists } from './round/plan.ts';
import { missingDatabase } from './run/database.ts';
import { addConfigOption, type RunDocument, readRunDocument } from './run/document.ts';
import { startFault } from './run/run-fault.ts';

interface SnapshotFlags {
  readonly config: string;
  readonly out: string;
  readonly json?: boolean;
}

/** As long as the service gives a snapshot. */
const LIMIT_MS = 10 * 60_000;

/** `nominate snapshot`: takes one snapshot from the configured chains, without the service. */
export function addSnapshot(parent: Command, { io }: Context): void {
  const command = parent
    .command('snapshot')
    .description(
      'take one snapshot from the chains of the configuration, for `check`, `score` and `round plan`; telemetry is not heard, and no database is created',
    );
  addConfigOption(command)
    .requiredOption('--out <file>', 'new file for the snapshot')
    .option('--json', 'print JSON')
    .action((options: SnapshotFlags) => snapshot(io, options));
  withExamples(command, [
    'watchbill nominate snapshot --out snapshot.json',
    'watchbill nominate snapshot --config /etc/watchbill/nominate.yaml --out snapshot.json',
  ]);
}

async function snapshot(io: Io, { config, out, json }: SnapshotFlags): Promise<void> {
  const path = resolve(io.cwd, out);
  if (existsSync(path)) throw outExists(out);
  const document = await readRunDocument(io, config);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(late()), LIMIT_MS);
  const forget = io.onStopSignal(() => stop.abort(new Error('a signal came')));
  try {
    const { text, ...taken } = await take(io, document, stop.signal);
    carryOut({ folders: [], files: [{ path, text, mode: 0o644 }] });
    const block = taken.block === null ? null : String(taken.block);
    print(io, json, { file: out, ...taken, block }, () => snapshotText(out, taken));
  } finally {
    clearTimeout(timer);
    forget();
  }
}

function late(): Error {
  return fault('no-answer', 'unreachable', {
    what: `the chains gave no snapshot within ${LIMIT_MS / 60_000} minutes`,
    where: 'chains',
    remedy: 'name faster endpoints under `chains`, and retry',
  });
}

async function take(io: Io, document: RunDocument, signal: AbortSignal): Promise<OneSnapshot> {
  const [{ takeOneSnapshot }, { openLog }] = await Promise.all([
    import('../service/index.ts'),
    import('@watchbill/kit/command/log'),
  ]);
  const { config, programme, dir } = document;
  const parts = {
    config,
    programme,
    dir,
    clock: io.clock,
    systemNowMs: () => io.clock.nowMs(),
    fetch: (url: string, init?: RequestInit) => fetch(url, init),
    log: openLog(io, config.log),
    hasDatabase: missingDatabase(document) === null,
  };
  return await takeOneSnapshot(parts, signal).catch((error: unknown) => {
    throw startFault(error);
  });
}

function snapshotText(
  file: string,
  { digest, candidateCount, era, block, missing }: Omit<OneSnapshot, 'text'>,
) {
  const when = [
    era === null ? 'the era is unknown' : `era ${era}`,
    ...(block === null ? [] : [`block ${block}`]),
  ].join(', ');
  return lines([
    `snapshot of ${counted(candidateCount, 'candidate')}, ${when}`,
    ...missing.map(({ source, why }) => `missing: ${source}: ${why}`),
    `digest ${digest}`,
    `stored in ${file}`,
  ]);
}
