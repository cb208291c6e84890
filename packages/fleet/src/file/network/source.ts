import { messageOf, yamlRemedy } from '@watchbill/kit';
import { isMap, isNode, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import type { Position, Problem } from './problem.ts';

/** The text of a network file with the place of everything in it. */
export interface Source {
  readonly value: unknown;
  /** Faults of the syntax, such as a duplicate key; then `value` is undefined. */
  readonly problems: readonly Problem[];
  /** Of the value at a path; of its nearest parent if it is not in the text. */
  readonly positionOf: (path: readonly PropertyKey[]) => Position;
  /** The same for the key itself. */
  readonly keyPositionOf: (path: readonly PropertyKey[]) => Position;
}

/** Reads YAML (and so JSON). Never throws. */
export function readSource(text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const positionOf = (path: readonly PropertyKey[]): Position => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    if (isNode(node) && node.range) return at(node.range[0]);
    return path.length === 0 ? { line: 1, column: 1 } : positionOf(path.slice(0, -1));
  };
  const keyPositionOf = (path: readonly PropertyKey[]): Position => {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find((item) => keyText(item) === path.at(-1)) : undefined;
    const key = pair?.key;
    return isNode(key) && key.range ? at(key.range[0]) : positionOf(path);
  };
  const problems = document.errors.map((error) =>
    syntaxProblem(at(error.pos[0]), error.message, yamlRemedy(text)),
  );
  if (problems.length > 0) return { value: undefined, problems, positionOf, keyPositionOf };
  try {
    return { value: document.toJS(), problems, positionOf, keyPositionOf };
  } catch (error) {
    // Aliases that expand to more than the library's limit.
    const message = messageOf(error);
    const problem = syntaxProblem(
      { line: 1, column: 1 },
      message,
      'write the values out instead of repeating aliases',
    );
    return { value: undefined, problems: [problem], positionOf, keyPositionOf };
  }
}

function syntaxProblem(at: Position, message: string, remedy: string): Problem {
  return {
    code: 'syntax',
    path: '',
    at,
    what: `this is not valid YAML: ${message.split('\n')[0] ?? message}`,
    remedy,
  };
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}
