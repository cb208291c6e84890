import type { z } from 'zod';
import { checkVersion, RecordError } from '../../rule/index.ts';

/** The JSON value of a record. Throws a RecordError that names the record. */
export function parseRecord(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RecordError(what, 'it is not JSON');
  }
}

/** The value in its shape. Throws a RecordError that names the record and the first member that is wrong. */
export function shapeRecord<Shape>(what: string, value: unknown, shape: z.ZodType<Shape>): Shape {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RecordError(what, `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong shape'}`);
}

/** The record in its shape. Throws a RecordError for another version, with what to do, or another shape. */
export function versionedRecord<Shape>(
  what: string,
  text: string,
  shape: z.ZodType<Shape>,
  version: number,
): Shape {
  const value = parseRecord(what, text);
  checkVersion(what, value, version);
  return shapeRecord(what, value, shape);
}
