/**
 * Fields of a proto3 message as Go's `google.golang.org/protobuf` reads them. Acceptance matters as much as
 * the values: nodes that disagree on whether a message is valid accuse different leaders.
 */
export interface Field {
  readonly number: number;
  /** A varint as 64 unsigned bits, bytes, or anything else, which no message here has. */
  readonly value: bigint | Uint8Array | null;
}

const MAX_FIELD = 2 ** 29 - 1;
/** Inside a group of an unknown field Go's reader is more lenient. */
const MAX_GROUPED_FIELD = 2 ** 31 - 1;
/** The deepest nesting of groups of unknown fields. */
const MAX_GROUPS = 10_001;
const MAX_VARINT_BYTES = 10;

/** Thrown inside this folder only; {@link readFields} and {@link readVarints} turn it into null. */
class Malformed extends Error {}

/** All fields in their order, or null if Go would refuse the bytes. */
export function readFields(bytes: Uint8Array): readonly Field[] | null {
  return orNull(() => {
    const cursor = cursorOver(bytes);
    const fields: Field[] = [];
    while (!cursor.atEnd()) fields.push(readField(cursor));
    return fields;
  });
}

/** The varints of a packed field, or null if one is cut off or too long. */
export function readVarints(bytes: Uint8Array): readonly bigint[] | null {
  return orNull(() => {
    const cursor = cursorOver(bytes);
    const values: bigint[] = [];
    while (!cursor.atEnd()) values.push(cursor.varint());
    return values;
  });
}

function orNull<Result>(read: () => Result): Result | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

interface Cursor {
  atEnd(): boolean;
  varint(): bigint;
  take(length: bigint): Uint8Array;
}

function cursorOver(bytes: Uint8Array): Cursor {
  let at = 0;
  return {
    atEnd: () => at === bytes.length,
    varint: () => {
      let value = 0n;
      for (let i = 0; i < MAX_VARINT_BYTES; i++) {
        const byte = bytes[at++];
        // The tenth byte holds the last of 64 bits.
        if (byte === undefined || (i === MAX_VARINT_BYTES - 1 && byte > 1)) throw new Malformed();
        value |= BigInt(byte & 0x7f) << BigInt(7 * i);
        if (byte < 0x80) return value;
      }
      throw new Malformed();
    },
    take: (length) => {
      if (length > BigInt(bytes.length - at)) throw new Malformed();
      const taken = bytes.subarray(at, at + Number(length));
      at += taken.length;
      return taken;
    },
  };
}

function readTag(cursor: Cursor, maxField: number): { readonly number: number; readonly type: number } {
  const tag = cursor.varint();
  const number = tag >> 3n;
  if (number < 1n || number > BigInt(maxField)) throw new Malformed();
  return { number: Number(number), type: Number(tag & 7n) };
}

function readField(cursor: Cursor): Field {
  const { number, type } = readTag(cursor, MAX_FIELD);
  if (type !== 3) return { number, value: readValue(cursor, type) };
  skipGroup(cursor, number);
  return { number, value: null };
}

/** A value that is not a group. */
function readValue(cursor: Cursor, type: number): bigint | Uint8Array | null {
  if (type === 0) return cursor.varint();
  if (type === 2) return cursor.take(cursor.varint());
  if (type !== 1 && type !== 5) throw new Malformed();
  cursor.take(type === 1 ? 8n : 4n);
  return null;
}

/** Without recursion, because a message of opening tags alone would exhaust the stack. */
function skipGroup(cursor: Cursor, outermost: number): void {
  const open = [outermost];
  while (open.length > 0) {
    const { number, type } = readTag(cursor, MAX_GROUPED_FIELD);
    if (type === 4) {
      if (open.pop() !== number) throw new Malformed();
    } else if (type === 3) {
      open.push(number);
      if (open.length > MAX_GROUPS) throw new Malformed();
    } else {
      readValue(cursor, type);
    }
  }
}
