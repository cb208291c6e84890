/**
 * Characters that a reader cannot see, or that change what a terminal shows: control characters, direction
 * marks, lone surrogates, and characters without width other than the joiner of emoji. Names come from lists,
 * telemetry and other machines, so any of them may hold such a character.
 */
const HIDDEN = /[\p{Cc}\p{Cs}\u00ad\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/gu;

/** True if the text has a character that {@link visible} would escape. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) >= 0;
}

/**
 * One line of text that is safe to print: a hidden character becomes `\u` and four hex digits, for example
 * `\u202e`.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/**
 * As {@link visible}, for text of several lines: line feeds and tabs stay. JSON stays the same JSON, because
 * it writes these characters in its strings the same way.
 */
export function visibleLines(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  );
}

/** All hidden characters have four hex digits or fewer. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** With `-o wide` people see a key, a hash or a name in full. A process runs one command line. */
export const shown = { inFull: false };
