/**
 * Units of duty: ordered tuples of unsigned integers of exact width.
 *
 * Canonical text: decimal fields joined by `/`, no sign, no leading zero (`12/345`).
 * Canonical bytes: each field big-endian at its own width, so that byte order is unit order.
 */
export interface UnitField {
  readonly name: string;
  readonly bits: 32 | 64;
}

/** A unit as its fields, most significant first. Its meaning comes from the duty's field list. */
export type Unit = readonly bigint[];

/** Why a text is not a unit of the duty; `undefined` fields never reach a caller. */
export type UnitParse =
  | { readonly ok: true; readonly unit: Unit }
  | { readonly ok: false; readonly why: string };

const DECIMAL = /^(0|[1-9][0-9]{0,19})$/;

/** Largest value of a field of so many bits. */
const LIMITS = { 32: (1n << 32n) - 1n, 64: (1n << 64n) - 1n } as const;

function limitOf(field: UnitField): bigint {
  return LIMITS[field.bits];
}

/** Largest unit that the fields can hold. */
export function maxUnit(fields: readonly UnitField[]): Unit {
  return fields.map(limitOf);
}

/** Read the canonical text form. Anything else (signs, spaces, leading zeros, excess width) is refused. */
export function parseUnit(fields: readonly UnitField[], text: string): UnitParse {
  const shape = fields.map((field) => field.name).join('/');
  const pieces = text.length <= 21 * fields.length ? text.split('/') : [];
  if (pieces.length !== fields.length) return { ok: false, why: `expected ${shape}` };
  const unit: bigint[] = [];
  for (const [index, field] of fields.entries()) {
    const piece = pieces[index] ?? '';
    if (!DECIMAL.test(piece)) return { ok: false, why: `${field.name} is not a canonical decimal number` };
    const value = BigInt(piece);
    if (value > limitOf(field)) return { ok: false, why: `${field.name} does not fit ${field.bits} bits` };
    unit.push(value);
  }
  return { ok: true, unit };
}

/**
 * Why a tuple is not a unit of these fields, or null. Text is checked by {@link parseUnit}; this is for
 * tuples made in code.
 */
export function unitProblem(fields: readonly UnitField[], unit: Unit): string | null {
  if (unit.length !== fields.length) return `a unit of ${fields.length} fields was expected`;
  for (const [index, field] of fields.entries()) {
    const value = unit[index] ?? -1n;
    if (value < 0n || value > limitOf(field)) return `${field.name} does not fit ${field.bits} bits`;
  }
  return null;
}

/** The canonical text form of a unit. */
export function formatUnit(unit: Unit): string {
  return unit.join('/');
}

/** A unit from its canonical text, whatever the duty; null stays. Only for text that this project wrote. */
export function unitOfText(text: string): Unit;
export function unitOfText(text: string | null): Unit | null;
export function unitOfText(text: string | null): Unit | null {
  return text === null ? null : text.split('/').map(BigInt);
}

/**
 * The byte form: fields big-endian, so that comparing bytes compares units. Throws on a field beyond its
 * width.
 */
export function unitBytes(fields: readonly UnitField[], unit: Unit): Uint8Array {
  const problem = unitProblem(fields, unit);
  if (problem !== null) throw new RangeError(problem);
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + field.bits / 8, 0));
  let offset = 0;
  for (const [index, field] of fields.entries()) {
    const value = unit[index] ?? 0n;
    for (let byte = field.bits / 8 - 1; byte >= 0; byte--)
      bytes[offset++] = Number((value >> BigInt(byte * 8)) & 0xffn);
  }
  return bytes;
}

/** The byte form as lower-case hex, for use inside keys. */
export function unitHex(fields: readonly UnitField[], unit: Unit): string {
  return Array.from(unitBytes(fields, unit), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The higher of two units of one duty; null counts as lowest. */
export function highestUnit(a: Unit | null, b: Unit | null): Unit | null {
  if (a === null || b === null) return a ?? b;
  return compareUnits(a, b) >= 0 ? a : b;
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. Both must belong to one duty. */
export function compareUnits(a: Unit, b: Unit): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index] ?? 0n;
    const right = b[index] ?? 0n;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
