import { dirname } from 'node:path';
import { appendFileDurablySync, makeFoldersSync } from '@watchbill/base/files';
import { AccessFault } from './fault.ts';

/** One use of a way to a node. What was handed over besides is nowhere in it: it may hold secrets. */
export interface AccessEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The user of this machine; behind sudo, both. */
  readonly who: string;
  readonly network: string;
  readonly node: string;
  readonly verb: 'logs' | 'exec' | 'forward' | 'rpc';
  /** The method, or the name of the program without its arguments; null for others. */
  readonly what: string | null;
}

/** One line more in the file, on the disk before the node is spoken to. Throws an AccessFault: then nothing is done. */
export function writeAudit(file: string, entry: AccessEntry): void {
  try {
    makeFoldersSync(dirname(file), 0o700);
    appendFileDurablySync({ path: file, text: `${JSON.stringify(entry)}\n`, mode: 0o600 });
  } catch (error) {
    throw new AccessFault(
      'failed',
      `${file} cannot be written: ${error instanceof Error ? error.message : 'unknown'}`,
      'make room, or name another file with --audit: without a line nothing is done',
      error,
    );
  }
}
