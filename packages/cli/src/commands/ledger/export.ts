import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { counted } from '@watchbill/base';
import { syncFolderSync } from '@watchbill/base/files';
import type { Command } from 'commander';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget } from '../../client/target.ts';
import type { MarkView, PermitHealth } from '../../client/views.ts';
import { printJson } from '../../output/print.ts';
import { writeNew } from '../../output/write-files.ts';
import { type Context, withExamples } from '../../process/context.ts';
import { usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { asCliFault, loadPermit, progress, withLedgerFile } from './runtime.ts';

interface ExportOptions extends ClientOptions {
  readonly dataDir: string;
  readonly out: string;
  readonly marks?: boolean;
}

/** `ledger export`: the ledger of one service as a file that anyone can verify. */
export function addExport(parent: Command, { io }: Context): void {
  const command = parent
    .command('export')
    .description('write the ledger of a stopped service, or of a copy of its data folder, to a file')
    .requiredOption('--data-dir <folder>', 'data folder of the service, with ledger.db in it')
    .requiredOption('--out <file>', 'the file to make; an existing file is never overwritten')
    .option('--marks', 'add the marks of the store, read from a running service after the ledger');
  addClientOptions(command).action((options: ExportOptions) => run(io, options));
  withExamples(command, [
    'watchbill ledger export --data-dir data --out service-1.ledger',
    'watchbill ledger export --data-dir /backup/service-1 --out service-1.ledger --marks --url https://service-2:8450 --token-file operator.token',
  ]);
}

async function run(io: Io, options: ExportOptions): Promise<void> {
  const out = resolve(io.cwd, options.out);
  const { exportLedger } = await loadPermit();
  const target = options.marks === true ? resolveTarget(io, options) : null;
  const store = await withLedgerFile(io, options.dataDir, async (source) => {
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
    await writeLines(out, lines, (count) => tick(`wrote ${count} lines, of about ${source.entryCount * 2}`));
    return {
      service: source.service,
      ledger: source.ledger,
      entries: source.entryCount,
      marks: marks !== null,
    };
  });
  if (options.json === true) return printJson(io, { file: out, ...store });
  const with_ = store.marks ? ' and the marks of the store' : '';
  io.out(
    `wrote ${counted(store.entries, 'entry', 'entries')} of service ${store.service}${with_} to ${out}\n`,
  );
  io.out(`verify it with: watchbill ledger verify ${out}\n`);
}

async function readMarks(target: Parameters<typeof withApi>[0]) {
  const { marks } = await withApi(target, (api) => api.get<{ marks: MarkView[] }>('/v1/marks'));
  return marks.map(({ chain, key, duty, head, floor, recent }) => ({
    chain,
    key,
    duty,
    head: { epoch: head.epoch, seq: head.seq, hash: head.hash },
    floor,
    recent: recent.map(({ unit, node, incarnation, parts }) => ({
      unit,
      node,
      incarnation,
      parts: parts.map(({ part, digest }) => ({ part, digest })),
    })),
  }));
}

function refuseOtherLedger(ledger: string, health: PermitHealth): void {
  if (health.ledger === ledger) return;
  throw usageFault(
    `the data folder is of ledger ${ledger}, and the service has ledger ${health.ledger ?? 'none'}`,
    'name a service of the same ledger, or leave out --marks',
    '--marks',
  );
}

/** Bytes that are gathered before they are written. */
const BUFFER_CHARACTERS = 1 << 20;

/** The file appears under its name when it is whole and on disk. */
async function writeLines(
  path: string,
  lines: AsyncIterable<string>,
  tick: (count: number) => void,
): Promise<void> {
  const draft = `${path}.partial`;
  await asCliFault(path, async () => {
    // An empty file takes the name first, so that two exports cannot write to one.
    writeNew([{ path, text: '', mode: 0o600 }]);
    let isWhole = false;
    const handle = openSync(draft, 'w', 0o600);
    try {
      let [text, count] = ['', 0];
      for await (const line of lines) {
        text += line;
        count += 1;
        if (text.length < BUFFER_CHARACTERS) continue;
        writeAll(handle, text);
        text = '';
        tick(count);
      }
      writeAll(handle, text);
      fsyncSync(handle);
      isWhole = true;
    } finally {
      closeSync(handle);
      if (!isWhole) for (const file of [draft, path]) rmSync(file, { force: true });
    }
    renameSync(draft, path);
    syncFolderSync(dirname(path));
  });
}

/** A write may take a part of the bytes only. */
function writeAll(handle: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}
