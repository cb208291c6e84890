import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { readIp } from '../address/ip.ts';
import type { PlaceAnswer, PlaceSource } from './port.ts';
import { type PlaceTable, readTable, type TableProblem } from './table-text.ts';

/** More than any table of networks has today. */
export const MOST_TABLE_BYTES = 128 * 2 ** 20;
const SHOWN_PROBLEMS = 3;

interface Loaded {
  readonly table: PlaceTable;
  /** Identifies the state of the file, to detect changes. */
  readonly state: string;
}

/**
 * A local table file. The first lookup reads it; a later one reads it again if it changed. No data leaves the
 * machine.
 */
export function tableSource(path: string, mostBytes = MOST_TABLE_BYTES): PlaceSource {
  let loading: Promise<Loaded> | null = null;
  const load = async (): Promise<PlaceTable> => {
    const before = await loading?.catch(() => null);
    const file = await openFile(path);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw unfit(path, 'it is not a file', 'name one under `places.table`');
      const { size, mtimeMs, ino } = stat;
      const state = `${ino} ${size} ${mtimeMs}`;
      if (before?.state === state) return before.table;
      if (size > mostBytes)
        throw unfit(path, `it has more than ${mostBytes} bytes`, 'leave out networks that you do not need');
      const bytes = await file.readFile();
      loading = tableFrom(path, bytes, mostBytes).then((table) => ({ table, state }));
      return (await loading).table;
    } finally {
      await file.close();
    }
  };
  return {
    check: async () => {
      await load();
    },
    lookUp: async (addresses) => {
      const table = await load();
      return new Map(addresses.map((text) => [text, answerOf(table, text)]));
    },
    close: async () => undefined,
  };
}

function answerOf({ placeOf }: PlaceTable, text: string): PlaceAnswer {
  const ip = readIp(text);
  const place = ip === null ? null : placeOf(ip);
  return place === null ? { why: 'the table of places has no network with its address' } : { place };
}

async function openFile(path: string) {
  try {
    return await open(path, 'r');
  } catch {
    throw unfit(path, 'it cannot be read', 'check that it exists, and its name under `places.table`');
  }
}

async function tableFrom(path: string, bytes: Buffer, mostBytes: number): Promise<PlaceTable> {
  const read = await readTable((await unpacked(path, bytes, mostBytes)).toString('utf8'));
  if (read.ok) return read.table;
  throw new Error(
    `${basename(path)} is not a valid table of places: ${read.problems.slice(0, SHOWN_PROBLEMS).map(problemLine).join('. ')}`,
  );
}

/** Tables are published with gzip compression. */
async function unpacked(path: string, bytes: Buffer, mostBytes: number): Promise<Buffer> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: mostBytes });
  } catch {
    throw unfit(
      path,
      `it cannot be unpacked to at most ${mostBytes} bytes`,
      'fetch it again, or unpack it and leave networks out',
    );
  }
}

function problemLine({ line, message, remedy }: TableProblem): string {
  return `line ${line}: ${message}; ${remedy}`;
}

function unfit(path: string, what: string, remedy: string): Error {
  return new Error(`${basename(path)} is not a valid table of places: ${what}; ${remedy}`);
}
