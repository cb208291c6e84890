import { closeSync, createReadStream, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { counted } from '@watchbill/base';
import { syncFolderSync } from '@watchbill/base/files';
import type { Command } from 'commander';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget, type Target } from '../../client/target.ts';
import type { MarkView, PermitHealth } from '../../client/views.ts';
import { printJson } from '../../output/print.ts';
import { writeNew } from '../../output/write-files.ts';
import { type Context, withExamples } from '../../process/context.ts';
import { usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { asFault, loadPermit, progress, withLedgerFile } from './runtime.ts';

interface ExportOptions extends ClientOptions {
  readonly dataDir?: string;
  readonly out: string;
  readonly marks?: boolean;
}

/** `ledger export`: the ledger of one service, stopped or running, as a file that anyone can verify. */
export function addExport(parent: Command, { io }: Context): void {
  const command = parent
    .command('export')
    .description('write the ledger of a service to a file: of a running one, or of a data folder')
    .option('--data-dir <folder>', 'read the data folder of a stopped service, or a copy of it')
    .requiredOption('--out <file>', 'the file to make; an existing file is never overwritten')
    .option('--marks', 'add the marks of the store, read by a running service after the ledger');
  addClientOptions(command).action((options: ExportOptions) => run(io, options));
  withExamples(command, [
    'watchbill ledger export --url https://service-1:8450 --token-file operator.token --out service-1.ledger',
    'watchbill ledger export --data-dir data --out service-1.ledger',
    'watchbill ledger export --data-dir /backup/service-1 --out service-1.ledger --marks --url https://service-2:8450 --token-file operator.token',
  ]);
}

/** The file that was made. */
interface Made {
  readonly service: string;
  readonly ledger: string;
  readonly entries: number;
  readonly marks: boolean;
}

async function run(io: Io, options: ExportOptions): Promise<void> {
  const out = resolve(io.cwd, options.out);
  const { dataDir } = options;
  const made =
    dataDir === undefined ? await fromService(io, options, out) : await fromFolder(io, options, dataDir, out);
  if (options.json === true) return printJson(io, { file: out, ...made });
  const with_ = made.marks ? ' and the marks of the store' : '';
  io.out(`wrote ${counted(made.entries, 'entry', 'entries')} of service ${made.service}${with_} to ${out}\n`);
  io.out(`verify it with: watchbill ledger verify ${out}\n`);
}

/** The file is kept only if it has the last line, and the SHA-256 in it is right. */
async function fromService(io: Io, options: ExportOptions, out: string): Promise<Made> {
  const target = resolveTarget(io, options);
  const tick = progress(io, options.json !== true);
  return withApi(target, (api) => {
    const bytes = api.stream('/v1/ledger/export', options.marks === true ? { marks: 'true' } : {});
    const whole = async (draft: string): Promise<Made> => {
      const { readExport } = await loadPermit();
      let entries = 0;
      const input = { name: out, bytes: createReadStream(draft) };
      const { service, ledger, hasMarks } = await readExport(input, {
        begin: () => undefined,
        line: ({ kind }) => {
          if (kind === 'entry') entries += 1;
        },
      });
      return { service, ledger, entries, marks: hasMarks };
    };
    return writeExport(out, bytes, (size) => tick(`wrote ${Math.floor(size / MIB)} MiB`), whole);
  });
}

async function fromFolder(io: Io, options: ExportOptions, dataDir: string, out: string): Promise<Made> {
  const { exportLedger } = await loadPermit();
  const target = options.marks === true ? resolveTarget(io, options) : null;
  return withLedgerFile(io, dataDir, async (source) => {
    if (source.ledger === null)
      throw usageFault(
        'the data folder belongs to no ledger: its service never served',
        'name another folder',
      );
    const health =
      target === null ? null : await withApi(target, (api) => api.get<PermitHealth>('/v1/health'));
    if (health !== null) refuseOtherLedger(source.ledger, health);
    const marks = target === null ? null : async () => readMarks(target);
    const tick = progress(io, options.json !== true);
    const epoch = health?.epoch ?? null;
    const lines = exportLedger(source, { atMs: io.clock.nowMs(), epoch, marks });
    const { service, ledger, entryCount: entries } = source;
    return writeExport(
      out,
      lines,
      (size) => tick(`wrote ${Math.floor(size / MIB)} MiB`),
      async () => ({
        ...{ service, ledger, entries, marks: marks !== null },
      }),
    );
  });
}

async function readMarks(target: Target) {
  const { markLine } = await loadPermit();
  const { marks } = await withApi(target, (api) => api.get<{ marks: MarkView[] }>('/v1/marks'));
  return marks.map(markLine);
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

/**
 * The file appears under its name when it is whole and on disk: `check` looks at the draft first, and answers
 * the description of it.
 */
async function writeExport(
  path: string,
  parts: AsyncIterable<string | Uint8Array>,
  tick: (bytes: number) => void,
  check: (draft: string) => Promise<Made>,
): Promise<Made> {
  const draft = `${path}.partial`;
  return asFault(path, async () => {
    // An empty file takes the name first, so that two exports cannot write to one.
    writeNew([{ path, text: '', mode: 0o600 }]);
    try {
      await writeParts(draft, parts, tick);
      const made = await check(draft);
      renameSync(draft, path);
      syncFolderSync(dirname(path));
      return made;
    } catch (error) {
      for (const file of [draft, path]) rmSync(file, { force: true });
      throw error;
    }
  });
}

/** Gathered to blocks of a MiB, because an export has many short lines. */
async function writeParts(
  draft: string,
  parts: AsyncIterable<string | Uint8Array>,
  tick: (bytes: number) => void,
): Promise<void> {
  const handle = openSync(draft, 'w', 0o600);
  let [waiting, waitingBytes, bytes]: [Uint8Array[], number, number] = [[], 0, 0];
  const flush = () => {
    writeAll(handle, Buffer.concat(waiting));
    [waiting, waitingBytes] = [[], 0];
    tick(bytes);
  };
  try {
    for await (const part of parts) {
      const block = typeof part === 'string' ? Buffer.from(part) : part;
      waiting.push(block);
      waitingBytes += block.length;
      bytes += block.length;
      if (waitingBytes >= MIB) flush();
    }
    flush();
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A write may take a part of the bytes only. */
function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}
