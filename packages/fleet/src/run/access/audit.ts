import { dirname } from 'node:path';
import { appendFileDurablySync, makeFoldersSync } from '@watchbill/kit/files';
import { AccessFault } from './access-fault.ts';

/** One use of an access to a node. It never holds arguments or input, because these may contain secrets. */
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

/**
 * Appends one line, and syncs it to disk before the command contacts the node. Throws an AccessFault; then
 * the command must stop.
 */
export function writeAudit(file: string, entry: AccessEntry): void {
  try {
    makeFoldersSync(dirname(file), 0o700);
    appendFileDurablySync({ path: file, text: `${JSON.stringify(entry)}\n`, mode: 0o600 });
  } catch (error) {
    throw new AccessFault(
      'failed',
      `${file} cannot be written: ${error instanceof Error ? error.message : 'unknown'}`,
      'make room, or name another file with --audit; the command only runs if it can write that line',
      error,
    );
  }
}
