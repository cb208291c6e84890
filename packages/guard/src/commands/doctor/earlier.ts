import { resolve } from 'node:path';
import { jsonOrNull, usageFault } from '@watchbill/kit';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import type { z } from 'zod';
import { type InventoryReport, inventoryShape, type Report, reportShape } from '../../doctor/report.ts';

/** Reads an earlier report of `doctor --json`, or that of an inventory; null without a file. */
export const readReport = (io: Io, file: string | undefined): Report | null =>
  read(io, file, reportShape, ['a doctor report', 'doctor --json']);
export const readInventoryReport = (io: Io, file: string | undefined): InventoryReport | null =>
  read(io, file, inventoryShape, ['a report about an inventory', 'doctor --inventory FILE --json']);

function read<Value>(
  io: Io,
  file: string | undefined,
  shape: z.ZodType<Value>,
  [what, command]: [string, string],
): Value | null {
  if (file === undefined) return null;
  const where = 'flag --since';
  const text = readText(resolve(io.cwd, file), { named: file, where });
  const { data, error } = shape.safeParse(jsonOrNull(text));
  if (error === undefined) return data;
  const place = error.issues[0]?.path.join('.') ?? '';
  const why = place === '' ? '' : `: ${place} does not fit`;
  const remedy = `name a file that \`watchbill ${command}\` printed`;
  throw usageFault(`${file} is not ${what}${why}`, remedy, where);
}
