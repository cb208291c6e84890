/** A JSON value with the line on which it begins. Objects keep the order of their keys and duplicate keys. */
export type JsonNode =
  | { readonly kind: 'scalar'; readonly line: number; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly line: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly line: number; readonly members: readonly JsonMember[] };

export interface JsonMember {
  readonly key: string;
  /** The line of the key. */
  readonly line: number;
  readonly value: JsonNode;
}

export type JsonRead =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly line: number; readonly column: number; readonly why: string };

const DEEPEST = 32;
const BLANK = /[ \t\n\r]*/y;
const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in texts, so the reader must see them.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/**
 * Reads JSON (RFC 8259) with lines, both counted from 1. Never throws; refuses more than 32 levels of
 * nesting.
 */
export function readJson(text: string): JsonRead {
  const reader = new Reader(text);
  try {
    const root = reader.value(0);
    reader.end();
    return { ok: true, root };
  } catch (error) {
    if (!(error instanceof Misread)) throw error;
    return { ok: false, ...reader.place(error.at), why: error.message };
  }
}

class Misread extends Error {
  readonly at: number;
  constructor(at: number, why: string) {
    super(why);
    this.at = at;
  }
}

/** A cursor over the text. It is a class because all its steps move one position. */
class Reader {
  readonly #text: string;
  readonly #newlines: readonly number[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#newlines = [...text.matchAll(/\n/g)].map(({ index }) => index);
  }

  place(at: number): { readonly line: number; readonly column: number } {
    let [low, high] = [0, this.#newlines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#newlines[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return { line: low + 1, column: at - (low === 0 ? -1 : (this.#newlines[low - 1] ?? 0)) };
  }

  end(): void {
    this.#skip(BLANK);
    if (this.#at < this.#text.length)
      throw new Misread(this.#at, 'something follows the end of the document');
  }

  value(depth: number): JsonNode {
    this.#skip(BLANK);
    const { line } = this.place(this.#at);
    if (depth > DEEPEST) throw new Misread(this.#at, `it nests deeper than ${DEEPEST}`);
    const next = this.#text[this.#at];
    if (next === '{') return { kind: 'object', line, members: this.#members(depth) };
    if (next === '[') return { kind: 'list', line, items: this.#items(depth) };
    if (next === '"') return { kind: 'scalar', line, value: this.#string() };
    const token = this.#skip(LITERAL) || this.#skip(NUMBER);
    if (token === '') throw new Misread(this.#at, 'a value is missing or misspelt here');
    return { kind: 'scalar', line, value: JSON.parse(token) as number | boolean | null };
  }

  #members(depth: number): JsonMember[] {
    const members: JsonMember[] = [];
    this.#sequence('}', () => {
      this.#skip(BLANK);
      const { line } = this.place(this.#at);
      const key = this.#string();
      this.#expect(':', 'a colon is missing after the key');
      members.push({ key, line, value: this.value(depth + 1) });
    });
    return members;
  }

  #items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#sequence(']', () => items.push(this.value(depth + 1)));
    return items;
  }

  #sequence(close: string, one: () => void): void {
    this.#at += 1;
    if (this.#take(close)) return;
    do one();
    while (this.#take(','));
    this.#expect(close, `a comma or ${close} is missing`);
  }

  #string(): string {
    const token = this.#skip(STRING);
    if (token === '') throw new Misread(this.#at, 'a text in double quotes is missing or not closed');
    return JSON.parse(token) as string;
  }

  #take(character: string): boolean {
    this.#skip(BLANK);
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string, why: string): void {
    if (!this.#take(character)) throw new Misread(this.#at, why);
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }
}
