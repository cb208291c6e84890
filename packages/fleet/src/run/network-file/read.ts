import { dirname, resolve } from 'node:path';
import { Fault, messageOf, type Problem, usageFault, visible } from '@watchbill/kit';
import {
  filesOf,
  type Graph,
  type Network,
  type Problem as NetworkProblem,
  placeText,
  readNetwork,
} from '../../file/index.ts';
import { readRegular, UnreadableFile } from './regular-file.ts';

/** A file of a thousand pools has less. */
const MOST_BYTES = 16 * 2 ** 20;
/** Specifications with the whole state of a chain in them. */
const MOST_NAMED_BYTES = 480 * 2 ** 20;

/** A network file that can be planned. */
export interface ReadGraph {
  /** As it was named. */
  readonly file: string;
  readonly network: Network;
  readonly graph: Graph;
  /** Texts of the files that it names. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * The reader of a file. `place`: to apply it at its places, where nodes must be able to find each other.
 * `any`: also for a network on this machine (`local up --local`), where they learn of each other when they
 * are started.
 */
export type ReadFor = 'place' | 'any';

/**
 * Reads a network file and the files that it names. Throws a usage fault with every problem, its line and its
 * column.
 */
export function readNetworkFile(cwd: string, file: string, readFor: ReadFor = 'any'): ReadGraph {
  const path = resolve(cwd, file);
  return readNetworkText(file, path, textOf(path, file), readFor);
}

/** The same for a text that is not in the file yet. */
export function readNetworkText(
  file: string,
  path: string,
  text: string,
  readFor: ReadFor = 'any',
): ReadGraph {
  const files = new Map<string, string>();
  for (const named of filesOf(text)) {
    const content = textIfThere(resolve(dirname(path), named));
    if (content !== null) files.set(named, content);
  }
  const read = readNetwork(text, files, { here: readFor === 'any' });
  if (read.ok) return { file, network: read.network, graph: read.graph, files };
  const problems = read.problems.map((problem) => shown(problem, placeText(file, problem.at)));
  throw new Fault('bad-network', 'usage', problems);
}

function shown({ what, remedy }: NetworkProblem, where: string): Problem {
  return { what: visible(what), where: visible(where), remedy: visible(remedy) };
}

function textOf(path: string, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readRegular(path, MOST_BYTES));
  } catch (error) {
    const why = messageOf(error);
    const isMissing = error instanceof UnreadableFile && error.code === 'ENOENT';
    throw usageFault(
      isMissing ? `there is no file ${file}` : `${file} cannot be read: ${why}`,
      'make one with `watchbill fleet init`, or name it with --file',
      file,
    );
  }
}

/** The rules report a missing file. */
function textIfThere(path: string): string | null {
  try {
    return readRegular(path, MOST_NAMED_BYTES).toString('utf8');
  } catch {
    return null;
  }
}
