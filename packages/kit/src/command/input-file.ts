import { readFileSync } from 'node:fs';
import { type Fault, fault, systemFault } from '../index.ts';

/** How an input file is named in faults. */
interface Naming {
  /** The file as the user gave it. By default its path. */
  readonly named?: string;
  /** The flag or setting that names it. By default the file. */
  readonly where?: string;
  /** The remedy if the file does not exist. */
  readonly missing?: string;
  readonly code?: string;
}

/**
 * The text of an input file, or of standard input (0), in UTF-8. A byte order mark stays part of it.
 *
 * Throws a Fault with status 2 for a file that is missing, a folder, not readable, or not UTF-8: the
 * reader would take all bytes that are not UTF-8 for the same character, and two different files for equal
 * ones.
 */
export function readText(path: string | 0, naming: Naming = {}): string {
  const { named = String(path), where = named, code = 'usage' } = naming;
  const bytes = readBytes(path, naming);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const what = `${named} is not a text file in UTF-8`;
    throw fault(code, 'usage', { what, where, remedy: 'name a text file' }, error);
  }
}

/** The bytes of an input file. Throws as {@link readText}. */
export function readBytes(path: string | 0, naming: Naming = {}): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(error, naming.named ?? String(path), { where: String(path), ...naming }) ?? error;
  }
}

function unreadable(error: unknown, named: string, { where, missing, code }: Naming): Fault | null {
  const known = systemFault(error, named);
  if (known === null) return null;
  const [problem] = known.problems;
  const isMissing = known.code === 'not-there';
  const what = isMissing ? `there is no file ${named}` : known.message;
  const remedy = (isMissing ? missing : undefined) ?? problem?.remedy ?? 'name another file';
  return fault(code ?? 'usage', 'usage', { what, where, remedy }, error);
}
