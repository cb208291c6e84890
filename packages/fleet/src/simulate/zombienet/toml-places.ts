/** A place in a text: line and column, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

type Step = string | number;

/**
 * Where every key and every item of a TOML text begins, by its path. The text must be one that a parser took: here it is only walked
 * through, and nothing is checked. Grammar: https://toml.io/en/v1.0.0. Pure.
 */
export function tomlPlaces(text: string): ReadonlyMap<string, Place> {
  const walker = walk(text);
  let table: readonly Step[] = [];
  for (;;) {
    walker.blank();
    if (walker.isOver()) return walker.places;
    if (walker.sees('[')) table = walker.header();
    else walker.pair(table);
  }
}

/** A path as the places have it. */
export function placeKey(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

function walk(text: string) {
  const places = new Map<string, Place>();
  /** How many tables each array of tables has. */
  const counts = new Map<string, number>();
  let at = 0;
  let line = 1;
  let lineStart = 0;

  const isOver = (): boolean => at >= text.length;
  const sees = (what: string): boolean => text.startsWith(what, at);
  const place = (): Place => ({ line, column: at - lineStart + 1 });

  function step(count = 1): void {
    for (let left = count; left > 0 && !isOver(); left -= 1) {
      if (text[at] === '\n') {
        line += 1;
        lineStart = at + 1;
      }
      at += 1;
    }
  }

  /** Blanks, ends of lines, comments. */
  function blank(): void {
    while (!isOver()) {
      if (sees('#')) while (!isOver() && !sees('\n')) step();
      else if (/\s/.test(text[at] ?? '')) step();
      else return;
    }
  }

  function note(path: readonly Step[], where: Place): void {
    // A table that is opened twice, by its own header and by one of a table in it, begins where it was first named.
    const key = placeKey(path);
    if (!places.has(key)) places.set(key, where);
  }

  /** A text in quotes; what it says, as far as keys need it. */
  function quoted(): string {
    const mark = sees('"""') ? '"""' : sees("'''") ? "'''" : (text[at] ?? '');
    const from = at;
    step(mark.length);
    while (!isOver() && !sees(mark)) step(mark.startsWith('"') && sees('\\') ? 2 : 1);
    // Up to two quotes of the same kind may stand before the mark that ends a long text.
    while (mark.length === 3 && text[at + 3] === mark[0]) step();
    step(mark.length);
    const raw = text.slice(from + mark.length, at - mark.length);
    return mark === '"' ? unescaped(raw) : raw;
  }

  /** `a . "b c"`, up to what is no part of it. */
  function dotted(): readonly string[] {
    const names: string[] = [];
    for (;;) {
      blank();
      if (sees('"') || sees("'")) names.push(quoted());
      else {
        const bare = /^[A-Za-z0-9_-]+/.exec(text.slice(at, at + 512))?.[0] ?? '';
        names.push(bare);
        step(bare.length);
      }
      blank();
      if (!sees('.')) return names;
      step();
    }
  }

  /** A name of a table of which some part is a list means the last table of that list. */
  function within(names: readonly string[]): readonly Step[] {
    let path: readonly Step[] = [];
    for (const name of names) {
      path = [...path, name];
      const count = counts.get(placeKey(path));
      if (count !== undefined) path = [...path, count - 1];
    }
    return path;
  }

  function header(): readonly Step[] {
    const where = place();
    const isList = sees('[[');
    step(isList ? 2 : 1);
    const names = dotted();
    step(isList ? 2 : 1);
    const parent = within(names.slice(0, -1));
    for (let depth = 1; depth <= parent.length; depth += 1) note(parent.slice(0, depth), where);
    const path = [...parent, names.at(-1) ?? ''];
    note(path, where);
    if (!isList) return path;
    const index = counts.get(placeKey(path)) ?? 0;
    counts.set(placeKey(path), index + 1);
    note([...path, index], where);
    return [...path, index];
  }

  function pair(table: readonly Step[]): void {
    const where = place();
    const names = dotted();
    const path = [...table, ...names];
    for (let depth = table.length + 1; depth <= path.length; depth += 1) note(path.slice(0, depth), where);
    step(); // =
    blank();
    value(path);
  }

  function value(path: readonly Step[]): void {
    if (sees('[')) list(path);
    else if (sees('{')) inline(path);
    else if (sees('"') || sees("'")) quoted();
    else bare();
  }

  /** A number, a date, true or false. */
  function bare(): void {
    while (!isOver() && !/[\s,\]}#]/.test(text[at] ?? '')) step();
    // A day and a time of day may have a blank between them.
    if (/^ \d\d:\d\d/.test(text.slice(at, at + 6)))
      while (!isOver() && !/[\n,\]}#]/.test(text[at] ?? '')) step();
  }

  function list(path: readonly Step[]): void {
    step();
    for (let index = 0; ; index += 1) {
      blank();
      if (isOver() || sees(']')) break;
      note([...path, index], place());
      value([...path, index]);
      blank();
      if (sees(',')) step();
    }
    step();
  }

  function inline(path: readonly Step[]): void {
    step();
    for (;;) {
      blank();
      if (isOver() || sees('}')) break;
      pair(path);
      blank();
      if (sees(',')) step();
    }
    step();
  }

  return { places, isOver, sees, blank, header, pair };
}

function unescaped(raw: string): string {
  const known: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b' };
  return raw.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))/gs,
    (_all, four, eight, two, one) => {
      const hex = four ?? eight ?? two;
      return hex === undefined ? (known[one] ?? one) : String.fromCodePoint(Number.parseInt(hex, 16));
    },
  );
}
