import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOfHex } from '@watchbill/chain';
import { type ChainMetadata, encodeCall } from '@watchbill/chain/extrinsics';
import { parsedJson, problemOf } from '../content.ts';
import { oneLine } from '../text.ts';
import { queuedCall } from './call-content.ts';

/** A file of the queue: the call that it asks for, or why the file cannot be read. */
export type QueuedCall =
  | {
      readonly result: 'call';
      readonly name: string;
      readonly bytes: Uint8Array;
      /** The last reference block at which the file approves the call; null for no limit. */
      readonly lastBlock: number | null;
    }
  | { readonly result: 'unusable'; readonly name: string; readonly why: string };

/** The folder to which a file moves when its call is in the chain. */
export type QueueEnd = 'done' | 'failed';

const MAX_FILE_BYTES = 64 * 1024;
const MAX_FILES = 1_000;
const SUFFIX = /\.(json|hex)$/;

/**
 * The oldest file of a queue, null if there is none. Files are ordered by the time of their last change, then
 * by name. Only `.json` (`{pallet, call, args}`) and `.hex` count. Throws if the folder cannot be read.
 */
export async function oldestCall(folder: string, metadata: ChainMetadata): Promise<QueuedCall | null> {
  const [name] = await callFiles(folder);
  return name === undefined ? null : readCallFile(folder, name, metadata);
}

/** The files with calls, oldest first. */
export async function callFiles(folder: string): Promise<readonly string[]> {
  const found = (await readdir(folder)).filter((name) => SUFFIX.test(name)).slice(0, MAX_FILES);
  const times = await Promise.all(
    found.map(async (name) => ({ name, atMs: (await stat(join(folder, name))).mtimeMs })),
  );
  return times.toSorted((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
}

/** Throws if the file is gone. */
export async function readCallFile(
  folder: string,
  name: string,
  metadata: ChainMetadata,
): Promise<QueuedCall> {
  const unusable = (why: string): QueuedCall => ({ result: 'unusable', name: oneLine(name), why });
  const file = join(folder, name);
  if ((await stat(file)).size > MAX_FILE_BYTES) return unusable(`it has more than ${MAX_FILE_BYTES} bytes`);
  const read = callOfText(await readFile(file, 'utf8'), metadata);
  return typeof read === 'string' ? unusable(read) : { result: 'call', name, ...read };
}

/** The call in a text, `0x…` or `{pallet, call, args}`; or why the text is not a call. */
export function callOfText(
  text: string,
  metadata: ChainMetadata,
): { readonly bytes: Uint8Array; readonly lastBlock: number | null } | string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) {
    if (!/^0x([0-9a-fA-F]{2})+$/.test(trimmed))
      return 'it must be hex that begins with 0x, or JSON such as {"pallet": "System", "call": "remark", "args": {"remark": "0x00"}}';
    return { bytes: bytesOfHex(trimmed, 'the call'), lastBlock: null };
  }
  const problem = problemOf(queuedCall, trimmed);
  if (problem !== null) return `it must be {"pallet", "call", "args"}: ${problem}`;
  const { pallet, call, args, lastBlock = null } = queuedCall.parse(parsedJson(trimmed));
  const written = encodeCall(metadata, pallet, call, args);
  return written.result === 'refused' ? oneLine(written.detail) : { bytes: written.bytes, lastBlock };
}

/**
 * Takes a call that is in the chain off the queue of a member that did not draft it: the oldest file that
 * makes the same bytes. Answers its name, null if there is none.
 */
export async function settleOldest(
  folder: string,
  metadata: ChainMetadata,
  call: Uint8Array,
  end: QueueEnd,
): Promise<string | null> {
  for (const name of await callFiles(folder))
    if (await settleFile(folder, name, metadata, call, end)) return name;
  return null;
}

/** Moves a file into a folder beside it, if it is still there and still makes these bytes. */
export async function settleFile(
  folder: string,
  name: string,
  metadata: ChainMetadata,
  call: Uint8Array,
  end: QueueEnd,
): Promise<boolean> {
  const entry = await readCallFile(folder, name, metadata).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (entry?.result !== 'call' || Buffer.compare(entry.bytes, call) !== 0) return false;
  await mkdir(join(folder, end), { recursive: true });
  await rename(join(folder, name), join(folder, end, name));
  return true;
}
