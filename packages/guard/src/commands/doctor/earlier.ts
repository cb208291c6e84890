import { resolve } from 'node:path';
import { jsonOrNull, usageFault } from '@watchbill/kit';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { z } from 'zod';
import { GROUPS, type Report } from '../../index.ts';

const text = z.string();
const group = z.enum(Object.keys(GROUPS) as [keyof typeof GROUPS]);
const FINDING = ['F', 'E', 'D', 'C'] as const;
const ofFinding = { subject: text, what: text, evidence: z.array(text), cost: text, mend: text };

const shape: z.ZodType<Report> = z.object({
  ...{ version: z.literal(1), atMs: z.number(), places: z.array(text), looked: z.array(text) },
  groups: z.array(z.object({ id: group, title: text, letter: z.enum([...FINDING, 'B', 'A', '-']) })),
  findings: z.array(z.object({ check: text, group, letter: z.enum(FINDING), ...ofFinding })),
  notLooked: z.array(z.object({ check: text, group, title: text, why: text, asked: z.boolean() })),
  disk: z.object({ path: text, freeBytes: z.number(), totalBytes: z.number() }).nullable(),
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
