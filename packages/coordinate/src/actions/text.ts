const MAX_CHARACTERS = 300;

/**
 * A text from outside, on one line and shortened. Characters that control or reorder text appear as their
 * numbers.
 */
export function oneLine(text: string, maxCharacters = MAX_CHARACTERS): string {
  const safe = text
    .slice(0, maxCharacters)
    .toWellFormed()
    .replaceAll(
      /[\p{C}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
  return text.length > maxCharacters ? `${safe}…` : safe;
}
