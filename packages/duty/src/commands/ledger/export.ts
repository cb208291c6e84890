import { createReadStream, createWriteStream, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { counted, type Fault, fault, usageFault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { atMostOne, needs } from '@watchbill/kit/command/rules';
import { file, folder, yes } from '@watchbill/kit/command/shapes';
import { writeNew } from '@watchbill/kit/command/write-files';
import { syncFolderSync } from '@watchbill/kit/files';
import { askService, STOPPED, withApi } from '../../client/api.ts';
import { connection, resolveTarget, type Target } from '../../client/target.ts';
import type { ChangeLink } from '../../rule/index.ts';
import type { MarkView, PermitHealth } from '../../service/index.ts';
import { asFault, loadProof, progress, withLedgerFile } from './runtime.ts';

const flags = {
  dataDir: flag(folder().optional(), 'read the data folder of a stopped service, or a copy of it'),
  out: flag(file(), 'the file to make; an existing file is never overwritten'),
  marks: flag(yes(), 'with --data-dir: add the marks of the store, which a running service reads'),
  ledgerOnly: flag(yes(), 'leave out the marks of the store, for a service whose store does not answer'),
  ...connection,
};
type ExportOptions = OptionsOf<typeof flags>;
type ServiceOptions = Pick<ExportOptions, keyof typeof connection | 'ledgerOnly' | 'json'>;

/** `ledger export`: the ledger of one service, stopped or running, as a file that anyone can verify. */
export const exportLedger = command({
  about: 'write the ledger of a service to a file: of a running one, or of a data folder',
  flags,
  rules: [needs('marks', 'dataDir'), atMostOne('ledgerOnly', 'dataDir')],
  examples: [
    'watchbill ledger export --url https://service-1:8450 --token-file operator.token --out service-1.ledger',
    'watchbill ledger export --data-dir data --out service-1.ledger',
    'watchbill ledger export --data-dir /backup/service-1 --out service-1.ledger --marks --url https://service-2:8450 --token-file operator.token',
  ],
  run: ({ io }, options) => run(io, options),
});

/** The file that was made. */
interface Made {
  readonly file: string;
  readonly service: string;
  readonly ledger: string;
  readonly entries: number;
  readonly marks: boolean;
  /** In its last line: over all lines before. */
  readonly sha256: string;
}

/** The place of the file. */
interface Out {
  readonly path: string;
  /** Aborted by Ctrl-C and SIGTERM, with the fault that the command then reports. */
  readonly signal: AbortSignal;
}

async function run(io: Io, options: ExportOptions): Promise<void> {
  await untilStopped(io, options.out, async (out) => {
    const { dataDir } = options;
    const made = await (dataDir === undefined
      ? fromService(io, options, out)
      : fromFolder(io, options, dataDir, out));
    print(io, options.json, made, () =>
      lines([madeText(made), `verify it with: watchbill ledger verify ${made.file}`]),
    );
  });
}

/** Runs the work on a file with a signal that Ctrl-C and SIGTERM abort. */
export async function untilStopped(io: Io, file: string, work: (out: Out) => Promise<void>): Promise<void> {
  const path = resolve(io.cwd, file);
  const stop = new AbortController();
  const forget = io.onStopSignal((name) => stop.abort(stoppedBy(name, path)));
  try {
    await work({ path, signal: stop.signal });
  } finally {
    forget();
  }
}

function stoppedBy(signal: string, path: string): Fault {
  const what = `${signal} stopped the export; it left no file`;
  return fault(STOPPED, 'fault', { what, where: path, remedy: 'run the same command again' });
}

/** The written file, in one line. */
export function madeText({ file, entries, service, marks }: Made): string {
  const with_ = marks ? ' and the marks of the store' : '';
  return `wrote ${counted(entries, 'entry', 'entries')} of service ${service}${with_} to ${file}`;
}

/** The export of a running service. */
export async function fromService(io: Io, options: ServiceOptions, out: Out): Promise<Made> {
  return askService(io, options, (api) => {
    const query = options.ledgerOnly ? {} : { marks: 'true' };
    const bytes = api.stream('/v1/ledger/export', { query, signal: out.signal });
    return writeExport(out, bytes, progress(io, !options.json));
  });
}

async function fromFolder(io: Io, options: ExportOptions, dataDir: string, out: Out): Promise<Made> {
  const proof = await loadProof();
  const target = options.marks ? resolveTarget(io, options) : null;
  return withLedgerFile(io, dataDir, async (source) => {
    const what = 'the data folder belongs to no ledger: its service never served';
    if (source.ledger === null) throw usageFault(what, 'name another folder');
    const health =
      target === null ? null : await withApi(target, (api) => api.get<PermitHealth>('/v1/health'));
    if (health !== null) refuseOtherLedger(source.ledger, health);
    const store = target === null ? null : async () => readStore(target);
    const tick = progress(io, !options.json);
    const epoch = health?.epoch ?? null;
    const parts = proof.exportLedger(source, { atMs: io.clock.nowMs(), epoch, store });
    return writeExport(out, parts, tick);
  });
}

async function readStore(target: Target) {
  const { markLine } = await loadProof();
  return withApi(target, async (api) => {
    const { changes } = await api.get<{ changes: ChangeLink[] }>('/v1/changes');
    const { marks } = await api.get<{ marks: MarkView[] }>('/v1/marks');
    return { changes, marks: marks.map(markLine) };
  });
}

function refuseOtherLedger(ledger: string, health: PermitHealth): void {
  if (health.ledger === ledger) return;
  throw usageFault(
    `the data folder is of ledger ${ledger}, and the service has ledger ${health.ledger ?? 'none'}`,
    'name a service of the same ledger, or leave out --marks',
    '--marks',
  );
}

const MIB = 1024 * 1024;

/** The file appears under its name when it is on disk, has its last line, and the SHA-256 in it is right. */
async function writeExport(
  { path, signal }: Out,
  parts: AsyncIterable<string | Uint8Array>,
  tick: (text: string) => void,
): Promise<Made> {
  const draft = `${path}.partial`;
  return asFault(path, async () => {
    signal.throwIfAborted();
    // An empty file takes the name first, so that two exports cannot write to one.
    writeNew([{ path, text: '', mode: 0o600 }]);
    try {
      // An export has many short lines, and each MiB of them is one write.
      // A file that a thread of Node opens later could appear after its removal.
      const fd = openSync(draft, 'w', 0o600);
      const file = createWriteStream(draft, { fd, flush: true, highWaterMark: MIB });
      file.on('drain', () => tick(`wrote ${Math.floor(file.bytesWritten / MIB)} MiB`));
      await pipeline(parts, file, { signal });
      const made = await readBack(draft, { path, signal });
      signal.throwIfAborted();
      renameSync(draft, path);
      syncFolderSync(dirname(path));
      return made;
    } catch (error) {
      for (const each of [draft, path]) rmSync(each, { force: true });
      signal.throwIfAborted();
      throw error;
    }
  });
}

async function readBack(draft: string, { path, signal }: Out): Promise<Made> {
  const { readExport } = await loadProof();
  let entries = 0;
  const input = { name: path, bytes: createReadStream(draft, { signal }) };
  const { service, ledger, hasMarks, sha256 } = await readExport(input, ({ kind }) => {
    if (kind === 'entry') entries += 1;
  });
  return { file: path, service, ledger, entries, marks: hasMarks, sha256 };
}
