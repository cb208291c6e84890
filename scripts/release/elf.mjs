// Puts a program into an executable of Node for Linux, and leaves out what the program does not use. The code
// of Node stays as it is, byte for byte, at its addresses.
//
// Node carries 33 MB of names, calendars and sort orders of all languages (ICU). The kept part, the
// program, and the new table of segments take their place; the rest of the file moves up. Symbols and
// debugging data at the end of the file are left out, as `strip` does.

const HEADER = 64;
const ENTRY = 56;
const LOAD = 1;
const NOTE = 4;
const PHDR = 6;
/** The largest page of arm64; that of x64 is 4,096. */
const PAGE = 0x10000;
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';
const NAME = 'NODE_SEA_BLOB';

/**
 * @param {Buffer} node the executable, as Node publishes it
 * @param {Buffer} program a blob of `node --experimental-sea-config`
 * @returns {Buffer}
 */
export function packNode(node, program) {
  const { start, end, kept } = icuOf(node);
  const segments = segmentsOf(node);
  const around = segments.find(
    ({ type, offset, size }) => type === LOAD && offset <= start && end <= offset + size,
  );
  const table = roundUp(start + kept.length, 16);
  const note = table + (segments.length + 2) * ENTRY;
  const body = noteOf(program);
  const cut = roundUp(note + body.length, PAGE);
  const resume = Math.floor(end / PAGE) * PAGE;
  if (cut > resume)
    throw new Error(`the program has ${program.length} bytes; there is room for ${resume - note}`);
  const move = (offset) => (offset < end ? offset : offset - (resume - cut));
  const address = (offset) => around.address + offset - around.offset;

  const changed = segments.map((one) => {
    if (one.type === PHDR)
      return { ...one, offset: table, address: address(table), size: (segments.length + 2) * ENTRY };
    return one === around ? { ...one, size: cut - one.offset } : { ...one, offset: move(one.offset) };
  });
  const rest = {
    ...around,
    offset: cut,
    address: address(resume),
    size: around.offset + around.size - resume,
  };
  changed.splice(segments.indexOf(around) + 1, 0, rest);
  changed.push({ type: NOTE, flags: 4, offset: note, address: address(note), size: body.length, align: 4 });

  const last = Math.max(...segments.filter(({ type }) => type === LOAD).map((one) => one.offset + one.size));
  const out = Buffer.concat([
    node.subarray(0, start),
    Buffer.alloc(cut - start),
    node.subarray(resume, last),
  ]);
  kept.copy(out, start);
  for (const [index, one] of changed.entries()) writeSegment(out, table + index * ENTRY, one);
  body.copy(out, note);
  out.writeBigUInt64LE(BigInt(table), 0x20);
  out.writeUInt16LE(changed.length, 0x38);
  // No table of sections: only linkers and debuggers read it.
  out.writeBigUInt64LE(0n, 0x28);
  out.fill(0, 0x3c, HEADER);
  lightFuse(out);
  return out;
}

/** The segments of a 64-bit executable with small numbers first. Throws for others. */
export function segmentsOf(file) {
  if (file.toString('latin1', 0, 6) !== '\x7fELF\x02\x01')
    throw new Error('this is no 64-bit executable of Linux');
  const start = Number(file.readBigUInt64LE(0x20));
  return Array.from({ length: file.readUInt16LE(0x38) }, (_, index) => {
    const at = start + index * ENTRY;
    const wide = (place) => Number(file.readBigUInt64LE(at + place));
    return {
      type: file.readUInt32LE(at),
      flags: file.readUInt32LE(at + 4),
      offset: wide(8),
      address: wide(16),
      size: wide(32),
      memory: wide(40),
      align: wide(48),
    };
  });
}

function writeSegment(out, at, { type, flags, offset, address, size, memory, align }) {
  out.writeUInt32LE(type, at);
  out.writeUInt32LE(flags, at + 4);
  // A segment with room behind its bytes (`.bss`) keeps its size in memory.
  const inMemory =
    type === LOAD && (flags & 2) !== 0 ? memory : type === LOAD ? size : Math.max(size, memory ?? 0);
  for (const [index, value] of [offset, address, address, size, inMemory, align].entries())
    out.writeBigUInt64LE(BigInt(value), at + 8 + index * 8);
}

/** https://github.com/nodejs/postject: the note by which Node finds the program. */
function noteOf(program) {
  const name = Buffer.from(`${NAME}\0`);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length, 0);
  head.writeUInt32LE(program.length, 4);
  const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(roundUp(bytes.length, 4) - bytes.length)]);
  return Buffer.concat([head, padded(name), padded(program)]);
}

function lightFuse(out) {
  const at = out.indexOf(FUSE);
  if (at < 0) throw new Error('this Node has no place for a program');
  out.write('1', at + FUSE.length);
}

/**
 * The items of ICU that the program needs: English, time zones, and the tables without a language. The other
 * languages, their character sets, dictionaries and transliterations are nine tenths.
 */
const KEPT_OF_ICU =
  /(?:^|[/])(?:root|en|en_US|en_US_POSIX|pool|res_index|[a-z]+[A-Z][A-Za-z]+|zoneinfo64|plurals|units|icuver|icustd|tz|ucadata)[.]\w+$|[.](?:nrm|icu|spp|cfu|brk)$/;
const MAGIC = Buffer.from('CmnD');

/** ICU's table in the executable: where it is, and the same with the kept items alone. */
function icuOf(node) {
  const start = node.indexOf(MAGIC) - 12;
  if (node.readUInt16LE(start + 2) !== 0x27da) throw new Error('this Node has no table of ICU');
  const base = start + node.readUInt16LE(start);
  const items = Array.from({ length: node.readUInt32LE(base) }, (_, index) => {
    const at = base + 4 + index * 8;
    const from = base + node.readUInt32LE(at);
    return {
      name: node.toString('latin1', from, node.indexOf(0, from)),
      from: base + node.readUInt32LE(at + 4),
    };
  });
  // The last item (Zulu) is left out, so its end does not matter.
  const kept = items.flatMap(({ name, from }, index) => {
    const next = items[index + 1];
    if (next === undefined || !KEPT_OF_ICU.test(name.slice(name.indexOf('/') + 1))) return [];
    return [{ name, bytes: node.subarray(from, next.from) }];
  });
  return { start, end: items.at(-1).from, kept: Buffer.concat([node.subarray(start, base), tableOf(kept)]) };
}

/** The format is in ICU's `udatamem`: a count, places of name and data from here, names, data. */
function tableOf(items) {
  const names = items.map(({ name }) => Buffer.from(`${name}\0`));
  const head = Buffer.alloc(4 + items.length * 8);
  head.writeUInt32LE(items.length, 0);
  const parts = [head, ...names];
  let length = head.length;
  names.forEach((name, index) => {
    head.writeUInt32LE(length, 4 + index * 8);
    length += name.length;
  });
  items.forEach(({ bytes }, index) => {
    const gap = roundUp(length, 16) - length;
    head.writeUInt32LE(length + gap, 8 + index * 8);
    parts.push(Buffer.alloc(gap), bytes);
    length += gap + bytes.length;
  });
  return Buffer.concat(parts);
}

function roundUp(value, step) {
  return Math.ceil(value / step) * step;
}
