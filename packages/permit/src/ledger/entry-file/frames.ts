import { crc32 } from 'node:zlib';
import { DamagedEntry } from '../faults.ts';

/** Bytes before the first frame: the block that says whose file this is. */
export const BLOCK_BYTES = 4096;
/** Bytes of a frame before its content. */
export const HEAD_BYTES = 30;

const MAGIC = 'WBEF';
const FILE_BYTES = 8;
const FIRST_LINE = 'watchbill ledger entries';
const FORMAT = 1;

/** Offsets in the head of a frame; `docs/decisions/0049-ledger-entry-file.md` has the table. */
const AT = { file: 4, number: 12, length: 18, before: 22, checksum: 26 } as const;
const NUMBER_BYTES = 6;

/** Whose file it is. `file` is random, 16 hex digits. */
export interface FileName {
  readonly file: string;
  readonly service: string;
}

/** The first block: lines of text, filled up with zeros. */
export function encodeBlock({ file, service }: FileName): Buffer {
  const text = `${FIRST_LINE}\n${FORMAT}\n${file}\n${service}\n`;
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(`${text}${crc32(text)}\n`);
  return block;
}

/** The checksum that frame 1 names as the one before. */
export function blockChecksum(name: FileName): number {
  return crc32(encodeBlock(name));
}

/** Null if the block is not one that {@link encodeBlock} wrote. */
export function decodeBlock(block: Buffer): FileName | null {
  const [, , file = '', service = ''] = block.toString('latin1').split('\n', 4);
  return encodeBlock({ file, service }).equals(block.subarray(0, BLOCK_BYTES)) ? { file, service } : null;
}

/** A record of a frame: an entry with its hash, or the columns of a decision. */
export type FrameRecord =
  | { readonly kind: 'entry'; readonly hash: string; readonly body: string }
  | { readonly kind: 'decision'; readonly text: string };

const LETTERS = { entry: 0x45, decision: 0x44 } as const;
const HASH_BYTES = 32;
const RECORD_HEAD = 5;

/** The content of a frame. */
export function encodeContent(records: readonly FrameRecord[]): Buffer {
  const texts = records.map((record) => Buffer.from(record.kind === 'entry' ? record.body : record.text));
  const sizes = texts.map((text, index) => text.length + (records[index]?.kind === 'entry' ? HASH_BYTES : 0));
  const content = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + RECORD_HEAD + size, 0));
  let at = 0;
  for (const [index, record] of records.entries()) {
    at = content.writeUInt8(LETTERS[record.kind], at);
    at = content.writeUInt32BE(sizes[index] ?? 0, at);
    if (record.kind === 'entry') at += content.write(record.hash, at, HASH_BYTES, 'hex');
    at += texts[index]?.copy(content, at) ?? 0;
  }
  return content;
}

/** The records of a content. The hash of an entry is the one beside it, and is not compared here. */
export function decodeContent(content: Buffer): readonly FrameRecord[] {
  const records: FrameRecord[] = [];
  for (let at = 0; at < content.length; ) {
    const letter = content.readUInt8(at);
    const end = at + RECORD_HEAD + content.readUInt32BE(at + 1);
    const value = content.subarray(at + RECORD_HEAD, end);
    if (letter === LETTERS.entry) records.push(entryOf(value));
    else if (letter === LETTERS.decision) records.push({ kind: 'decision', text: value.toString() });
    else throw new DamagedEntry(`the entry file has a record of unknown kind ${letter}`);
    at = end;
  }
  return records;
}

function entryOf(value: Buffer): FrameRecord {
  return {
    kind: 'entry',
    hash: value.toString('hex', 0, HASH_BYTES),
    body: value.toString('utf8', HASH_BYTES),
  };
}

/** The place of a frame among the others. */
export interface FramePlace {
  readonly file: string;
  readonly number: number;
  /** Checksum of the frame before. */
  readonly before: number;
}

export interface Frame {
  readonly bytes: Buffer;
  readonly checksum: number;
}

export function encodeFrame({ file, number, before }: FramePlace, content: Buffer): Frame {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + content.length);
  bytes.write(MAGIC, 'latin1');
  bytes.write(file, AT.file, FILE_BYTES, 'hex');
  bytes.writeUIntBE(number, AT.number, NUMBER_BYTES);
  bytes.writeUInt32BE(content.length, AT.length);
  bytes.writeUInt32BE(before, AT.before);
  content.copy(bytes, HEAD_BYTES);
  const checksum = crc32(content, crc32(bytes.subarray(0, AT.checksum)));
  bytes.writeUInt32BE(checksum, AT.checksum);
  return { bytes, checksum };
}

/** A whole frame as it was found. */
export interface FoundFrame extends Omit<FramePlace, 'file'> {
  readonly content: Buffer;
  readonly checksum: number;
  /** Offset of the byte after it. */
  readonly end: number;
}

/** The frame of the file `file` that begins at an offset; null if no whole one does. */
export function frameAt(bytes: Buffer, at: number, file: string): FoundFrame | null {
  if (at + HEAD_BYTES > bytes.length || !startOf(file).equals(bytes.subarray(at, at + AT.number)))
    return null;
  const end = at + HEAD_BYTES + bytes.readUInt32BE(at + AT.length);
  if (end > bytes.length) return null;
  const content = bytes.subarray(at + HEAD_BYTES, end);
  const checksum = bytes.readUInt32BE(at + AT.checksum);
  if (crc32(content, crc32(bytes.subarray(at, at + AT.checksum))) !== checksum) return null;
  const number = bytes.readUIntBE(at + AT.number, NUMBER_BYTES);
  return { number, before: bytes.readUInt32BE(at + AT.before), content, checksum, end };
}

/** Every whole frame of a file from an offset on, wherever it begins. */
export function* framesFrom(bytes: Buffer, from: number, file: string): Generator<FoundFrame> {
  const start = startOf(file);
  for (let at = bytes.indexOf(start, from); at >= 0; at = bytes.indexOf(start, at + 1)) {
    const found = frameAt(bytes, at, file);
    if (found !== null) yield found;
  }
}

/** Every whole frame of any file. */
export function* anyFrames(bytes: Buffer): Generator<FoundFrame & { readonly file: string }> {
  for (let at = bytes.indexOf(MAGIC, 0, 'latin1'); at >= 0; at = bytes.indexOf(MAGIC, at + 1, 'latin1')) {
    const file = bytes.toString('hex', at + AT.file, at + AT.number);
    const found = frameAt(bytes, at, file);
    if (found !== null) yield { ...found, file };
  }
}

/** How every frame of a file begins. */
function startOf(file: string): Buffer {
  return Buffer.concat([Buffer.from(MAGIC, 'latin1'), Buffer.from(file, 'hex')]);
}
