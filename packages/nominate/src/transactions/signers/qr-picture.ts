import { crc32, deflateSync } from 'node:zlib';
import { encode } from 'uqr';

/** The light margin that readers need, in modules. */
const MARGIN = 4;
/** Pixels of a module in a PNG. */
const SCALE = 6;
const PNG_START = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const BLACK_ON_WHITE = '\x1b[30;107m';
const PLAIN = '\x1b[0m';

/** Rows of a QR code with its margin; true is dark. */
export type QrModules = readonly (readonly boolean[])[];

/** The QR code of at most 2,953 bytes; throws a RangeError for more. */
export function qrModules(bytes: Uint8Array): QrModules {
  return encode([...bytes], { ecc: 'L', border: MARGIN }).data;
}

/** A PNG of black and white pixels, six for each module. */
export function qrPng(modules: QrModules): Uint8Array {
  const size = modules.length * SCALE;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  // One bit for a pixel, shades of grey; no interlacing.
  head.writeUInt8(1, 8);
  const rows = modules.flatMap((row) => Array.from({ length: SCALE }, () => pixelRow(row, size)));
  return Buffer.concat([
    PNG_START,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A filter byte (none), then one bit for each pixel; 1 is white. */
function pixelRow(row: readonly boolean[], size: number): Buffer {
  const bytes = Buffer.alloc(1 + Math.ceil(size / 8));
  for (let x = 0; x < size; x += 1) {
    if (row[Math.floor(x / SCALE)] === true) continue;
    const at = 1 + (x >> 3);
    bytes[at] = (bytes[at] ?? 0) | (0x80 >> (x & 7));
  }
  return bytes;
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(content.length, 0);
  around.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}

/**
 * Lines for a terminal: a character shows two modules, one above the other. With colours, black on white,
 * because a reader may refuse the inverted picture of a dark terminal.
 */
export function qrText(modules: QrModules, colours: boolean): string {
  const lines: string[] = [];
  for (let y = 0; y < modules.length; y += 2) {
    const [upper = [], lower = []] = modules.slice(y, y + 2);
    const line = upper.map((dark, x) => blockOf(dark, lower[x] === true)).join('');
    lines.push(colours ? `${BLACK_ON_WHITE}${line}${PLAIN}\n` : `${line}\n`);
  }
  return lines.join('');
}

function blockOf(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
