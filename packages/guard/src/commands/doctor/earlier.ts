import { resolve } from 'node:path';
import { jsonOrNull, usageFault } from '@watchbill/kit';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import type { z } from 'zod';

/** Reads what an earlier run printed as JSON; null without a file. `command`: what prints such a file. */
export function readEarlier<Value>(
  io: Io,
  file: string | undefined,
  shape: z.ZodType<Value>,
  [what, command]: readonly [what: string, command: string],
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
