import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { blake2Hash, type ChainMetadata, decodeCall } from '@watchbill/chain/extrinsics';
import { makeFoldersSync, replaceFile } from '@watchbill/kit/files';
import { z } from 'zod';
import { parsedJson } from '../content.ts';
import { callText } from './call-approval.ts';
import { callSettings } from './call-content.ts';
import { callFiles, callOfText, readCallFile } from './call-queue.ts';
import { draftedCalls } from './drafted.ts';

/** The folders of an operator's calls, from its settings of `call`. Throws an Error if they are wrong. */
export function callFolders(settings: string): { readonly queue: string | null; readonly approvals: string } {
  const { queue = null, approvals } = z
    .object({ queue: callSettings.shape.queue, approvals: callSettings.shape.approvals.unwrap() })
    .parse(parsedJson(settings));
  return { queue, approvals };
}

export type CallTextReading =
  | { readonly result: 'call'; readonly bytes: Uint8Array; readonly text: string }
  | { readonly result: 'refused'; readonly why: string };

/** A call that an operator gave, as hex or JSON, with its decoded text. Never throws. */
export function readGivenCall(metadata: ChainMetadata, given: string): CallTextReading {
  const read = callOfText(given, metadata);
  if (typeof read === 'string') return { result: 'refused', why: read };
  const decoded = decodeCall(metadata, read.bytes);
  if (decoded.result === 'refused') return { result: 'refused', why: decoded.detail };
  return { result: 'call', bytes: read.bytes, text: callText(metadata, read.bytes) };
}

const MOST_COPIES = 1_000;

/**
 * Writes an approval of one call. It holds the call by name and arguments, so that a runtime upgrade cannot
 * give its bytes another meaning. Answers the name of the file; the same call once more is one more approval.
 * Throws if the folder cannot be written.
 */
export async function writeApproval(
  folder: string,
  metadata: ChainMetadata,
  call: Uint8Array,
  lastBlock: number,
): Promise<string> {
  const decoded = decodeCall(metadata, call);
  if (decoded.result === 'refused') throw new RangeError(`the call cannot be read: ${decoded.detail}`);
  const { pallet, call: name, arguments: args } = decoded.call;
  const text = JSON.stringify({ pallet, call: name, args, lastBlock });
  const again = callOfText(text, metadata);
  if (typeof again === 'string' || Buffer.compare(again.bytes, call) !== 0)
    throw new Error(
      `${pallet}.${name}: its arguments do not make the same bytes again; approve it with a .hex file`,
    );
  const stem = blake2Hash(call).slice(2, 14);
  const used = new Set((await draftedCalls(folder)).map((each) => each.file));
  for (let copy = 1; copy <= MOST_COPIES; copy += 1) {
    const file = copy === 1 ? `${stem}.json` : `${stem}-${copy}.json`;
    if (existsSync(join(folder, file)) || used.has(file)) continue;
    makeFoldersSync(folder, 0o700);
    await replaceFile({ path: join(folder, file), text: `${text}\n`, mode: 0o600 });
    return file;
  }
  throw new Error(`${folder} has ${MOST_COPIES} approvals of this call; remove what is no longer wanted`);
}

/** An approval that is not used up. */
export interface OpenApproval {
  readonly file: string;
  readonly text: string;
  readonly lastBlock: number | null;
}

/** The approvals in a folder, oldest first; none if there is no folder. */
export async function openApprovals(
  folder: string,
  metadata: ChainMetadata,
): Promise<readonly OpenApproval[]> {
  if (!existsSync(folder)) return [];
  return Promise.all(
    (await callFiles(folder)).map(async (file) => {
      const entry = await readCallFile(folder, file, metadata);
      return entry.result === 'unusable'
        ? { file, text: `cannot be used: ${entry.why}`, lastBlock: null }
        : { file, text: callText(metadata, entry.bytes), lastBlock: entry.lastBlock };
    }),
  );
}
