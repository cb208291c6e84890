import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import { z } from 'zod';
import type { Runtime } from '../index.ts';
import { readCertificateFile } from './certificate/read.ts';
import { type GroupFile, readGroupFile } from './group-document.ts';

type TakeOver = ReturnType<Runtime['takeOverOf']>;

/** The operator's statement that the old group signed nothing after a height: `{"stoppedAt":"81000"}`. */
const statementSchema = z.strictObject({
  stoppedAt: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,18})$/, { error: 'expected a height as text, for example "81000"' }),
});

/** The approved hand-over of a member of the old group, in its state folder. */
export function successorFile(stateDir: string): string {
  return join(stateDir, 'successor.json');
}

/** The files of a take-over in the state folder of a member of the new group. */
export function takeOverFiles(stateDir: string) {
  const folder = join(stateDir, 'take-over');
  return {
    folder,
    group: join(folder, 'group.yaml'),
    certificate: join(folder, 'certificate.json'),
    statement: join(folder, 'statement.json'),
  };
}

/**
 * The take-over that a member adopted, checked again; null if it adopted none or its group needs none.
 * Throws a usage fault for files that are not valid: the member must not act on them.
 */
export function readTakeOver(
  io: Io,
  runtime: Runtime,
  stateDir: string,
  file: GroupFile,
): { readonly heldFrom: bigint; readonly by: 'certificate' | 'statement' } | null {
  const files = takeOverFiles(stateDir);
  if (file.group.predecessor === undefined || !existsSync(files.group)) return null;
  const old = readGroupFile(io, runtime, files.group);
  if (existsSync(files.certificate))
    return {
      heldFrom: heldFrom(byCertificate(io, runtime, file, old, files.certificate), files.certificate),
      by: 'certificate',
    };
  const { value } = readDocument(io, files.statement, statementSchema, {
    missing: 'run `watchbill coordinate group adopt` again',
    page: 'coordinate',
  });
  const taken = runtime.takeOverAfterStop(file.group, old, BigInt(value.stoppedAt));
  return { heldFrom: heldFrom(taken, files.statement), by: 'statement' };
}

/** Checks a certificate of a hand-over. Throws a usage fault if the file is not a certificate. */
export function byCertificate(
  io: Io,
  runtime: Runtime,
  file: GroupFile,
  old: GroupFile,
  path: string,
): TakeOver {
  const read = readCertificateFile(io, runtime, path);
  if (!read.ok) return { ok: false, why: read.why };
  return runtime.takeOverOf(file.group, old, read, runtime.verifySignature);
}

/** The height of a valid take-over. Throws a usage fault with the reason why it is not valid. */
export function heldFrom(taken: TakeOver, where: string): bigint {
  if (taken.ok) return taken.heldFrom;
  throw usageFault(
    `this hand-over is not valid: ${taken.why}`,
    'use the group file of the old group and the certificate that its members exported',
    where,
  );
}
