import { resolve } from 'node:path';
import { jsonOrNull, usageFault } from '@watchbill/kit';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { z } from 'zod';
import { GROUPS, type Report } from '../../index.ts';

const groupShape = z.enum(Object.keys(GROUPS) as [keyof typeof GROUPS]);

const shape: z.ZodType<Report> = z.object({
  version: z.literal(1),
  atMs: z.number(),
  places: z.array(z.string()),
  groups: z.array(
    z.object({ id: groupShape, title: z.string(), letter: z.enum(['F', 'E', 'D', 'C', 'B', 'A', '-']) }),
  ),
  findings: z.array(
    z.object({
      check: z.string(),
      group: groupShape,
      letter: z.enum(['F', 'E', 'D', 'C']),
      subject: z.string(),
      what: z.string(),
      evidence: z.array(z.string()),
      cost: z.string(),
      mend: z.string(),
    }),
  ),
  looked: z.array(z.string()),
  notLooked: z.array(
    z.object({
      check: z.string(),
      group: groupShape,
      title: z.string(),
      why: z.string(),
      asked: z.boolean(),
    }),
  ),
  disk: z.object({ path: z.string(), freeBytes: z.number(), totalBytes: z.number() }).nullable(),
});

/** Reads an earlier report of `doctor --json`. */
export function readReport(io: Io, file: string): Report {
  const naming = { named: file, where: 'flag --since' };
  const read = shape.safeParse(jsonOrNull(readText(resolve(io.cwd, file), naming)));
  if (read.success) return read.data;
  const place = read.error.issues[0]?.path.join('.') ?? '';
  throw usageFault(
    `${file} is not a doctor report${place === '' ? '' : `: ${place} does not fit`}`,
    'name a file that `watchbill doctor --json` printed',
    'flag --since',
  );
}
