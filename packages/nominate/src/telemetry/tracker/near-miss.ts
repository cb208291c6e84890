/** How a name differs from the wanted one. */
export type NearMiss = 'case' | 'blanks' | 'spelling';

/** A name prepared for many comparisons. */
export interface PreparedName {
  readonly name: string;
  readonly lower: string;
  /** Without case, blanks, and invisible or blank-like characters. */
  readonly plain: string;
  /** The sorted digits of `plain`: numbered nodes are not misspellings of each other. */
  readonly digits: string;
  /** One bit for each of the letters in it, roughly. */
  readonly letters: number;
}

/** Shorter names may differ in one place, others in two. */
const SHORT = 6;
/** Longer names are not misspellings, and are slow to compare. */
const LONG = 64;

export function prepareName(name: string): PreparedName {
  const cut = name.slice(0, LONG);
  const lower = cut.toLowerCase();
  const plain = cut
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Cf}\p{Cc}_\-.]+/gu, '');
  const digits = [...plain.replace(/\D/g, '')].sort().join('');
  return { name, lower, plain, digits, letters: lettersOf(plain) };
}

/** How similar `seen` is to `wanted`; null if it is the same or an unrelated name. */
export function nearMiss(wanted: PreparedName, seen: PreparedName): NearMiss | null {
  if (wanted.name === seen.name) return null;
  if (wanted.lower === seen.lower) return 'case';
  if (wanted.plain === seen.plain) return 'blanks';
  if (wanted.digits !== seen.digits) return null;
  const most = wanted.plain.length < SHORT ? 1 : 2;
  if (Math.abs(wanted.plain.length - seen.plain.length) > most) return null;
  // Each edit adds and removes at most one letter.
  if (countBits(wanted.letters ^ seen.letters) > 2 * most) return null;
  return isWithin(wanted.plain, seen.plain, most) ? 'spelling' : null;
}

/**
 * Whether at most `most` insertions, deletions or replacements lead from one to the other (Levenshtein, cut
 * off).
 */
function isWithin(a: string, b: string, most: number): boolean {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) > most) return false;
    row = next;
  }
  return (row[b.length] ?? most + 1) <= most;
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function lettersOf(text: string): number {
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) bits |= 1 << (text.charCodeAt(index) & 31);
  return bits;
}
