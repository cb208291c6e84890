import { isMap, isNode, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { type Problem, yamlRemedy } from '../index.ts';

/** A YAML document with the place of everything in it. */
export interface YamlText {
  readonly value: unknown;
  /** Faults of the syntax itself, for example a duplicate key. */
  readonly problems: readonly Problem[];
  /** Line and column, from 1, of the value at a path; of its nearest parent if the text does not have it. */
  readonly positionOf: (path: readonly PropertyKey[]) => Position;
  /** The same for the key itself. */
  readonly keyPositionOf: (path: readonly PropertyKey[]) => Position;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Reads YAML (and so JSON). Never throws; `value` is undefined where the syntax is broken. */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return {
      what: `${file} is not valid YAML: ${firstSentence(error.message)}`,
      where: `${file}:${line}:${col}`,
      remedy: yamlRemedy(text),
    };
  });
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
    return pair !== undefined && isNode(pair.key) && pair.key.range
      ? at(pair.key.range[0])
      : positionOf(path);
  };
  if (problems.length > 0) return { value: undefined, problems, positionOf, keyPositionOf };
  try {
    return { value: document.toJS(), problems, positionOf, keyPositionOf };
  } catch (error) {
    // Aliases that stand for more than the library is willing to write out.
    const what = `${file} cannot be read: ${error instanceof Error ? firstSentence(error.message) : 'no reason is known'}`;
    const problem = {
      what,
      where: `${file}:1:1`,
      remedy: 'write the values out instead of repeating aliases',
    };
    return { value: undefined, problems: [problem], positionOf, keyPositionOf };
  }
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function firstSentence(message: string): string {
  return message.split('\n')[0] ?? message;
}
