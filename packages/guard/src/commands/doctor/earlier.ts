import { resolve } from 'node:path';
import { jsonOrNull, usageFault } from '@watchbill/kit';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import type { z } from 'zod';
import { type InventoryReport, inventoryShape, type Report, reportShape } from '../../doctor/report.ts';

/** Reads an earlier report of `doctor --json`, and that of an inventory. */
export const readReport = (io: Io, file: string): Report =>
  read(io, file, reportShape, ['a doctor report', 'doctor --json']);
export const readInventoryReport = (io: Io, file: string): InventoryReport =>
  read(io, file, inventoryShape, ['a report about an inventory', 'doctor --inventory FILE --json']);

function read<Value>(
  io: Io,
  file: string,
  shape: z.ZodType<Value>,
  [what, command]: [string, string],
): Value {
  const where = 'flag --since';
  const { data, error } = shape.safeParse(
    jsonOrNull(readText(resolve(io.cwd, file), { named: file, where })),
  );
  if (error === undefined) return data;
  const place = error.issues[0]?.path.join('.') ?? '';
  const why = place === '' ? '' : `: ${place} does not fit`;
  throw usageFault(
    `${file} is not ${what}${why}`,
    `name a file that \`watchbill ${command}\` printed`,
    where,
  );
}
