import type { Json } from '@watchbill/base';
import { parse, TomlDate, TomlError } from 'smol-toml';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { type Place, placeKey, tomlPlaces } from './toml-places.ts';

export type SourceKind = 'toml' | 'yaml';

/** A file of zombienet with the place of everything in it. */
export interface ZombienetSource {
  readonly value: Json;
  /** Of a key, or of an item of a list; of the nearest that is in the text where the path is not. */
  readonly placeOf: (path: readonly PropertyKey[]) => Place;
  /** Paths of whole numbers that a double does not hold: they are texts in `value`. */
  readonly wide: readonly (readonly (string | number)[])[];
}

/** Why a file cannot be read, and where. */
export class SourceFault extends Error {
  readonly place: Place;
  constructor(message: string, place: Place, cause?: unknown) {
    super(message, { cause });
    this.name = 'SourceFault';
    this.place = place;
  }
}

/** Reads TOML, or YAML (and so JSON). Throws a {@link SourceFault}. */
export function readZombienet(text: string, kind: SourceKind): ZombienetSource {
  const { value, placeOf } = kind === 'toml' ? readToml(text) : readYaml(text);
  const wide: (readonly (string | number)[])[] = [];
  return { value: plain(value, [], wide), placeOf, wide };
}

type Read = { readonly value: unknown; readonly placeOf: ZombienetSource['placeOf'] };

function readToml(text: string): Read {
  try {
    const value = parse(text, { integersAsBigInt: 'asNeeded' });
    const places = tomlPlaces(text);
    const placeOf = (path: readonly PropertyKey[]): Place => {
      for (let depth = path.length; depth > 0; depth -= 1) {
        const found = places.get(placeKey(path.slice(0, depth)));
        if (found !== undefined) return found;
      }
      return { line: 1, column: 1 };
    };
    return { value, placeOf };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ''] = error.message.split('\n');
    throw new SourceFault(
      first.replace(/^Invalid TOML document: /, ''),
      { line: error.line, column: error.column },
      error,
    );
  }
}

function readYaml(text: string): Read {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, intAsBigInt: true });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [wrong] = document.errors;
  if (wrong !== undefined)
    throw new SourceFault(wrong.message.split('\n')[0] ?? wrong.message, at(wrong.pos[0]), wrong);
  const placeOf = (path: readonly PropertyKey[]): Place => {
    if (path.length === 0) return { line: 1, column: 1 };
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
      : undefined;
    const node = pair?.key ?? document.getIn(path, true);
    return isNode(node) && node.range ? at(node.range[0]) : placeOf(path.slice(0, -1));
  };
  try {
    return { value: document.toJS(), placeOf };
  } catch (error) {
    // Aliases that stand for more than the library is willing to write out.
    const why = error instanceof Error ? error.message : String(error);
    throw new SourceFault(why, { line: 1, column: 1 }, error);
  }
}

/** What both parsers give as JSON: dates as texts, whole numbers as numbers where those hold them. */
function plain(
  value: unknown,
  path: readonly (string | number)[],
  wide: (readonly (string | number)[])[],
): Json {
  if (typeof value === 'bigint') {
    if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return Number(value);
    wide.push(path);
    return String(value);
  }
  if (value instanceof TomlDate || value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((one, index) => plain(one, [...path, index], wide));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, plain(one, [...path, key], wide)]),
    );
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}
