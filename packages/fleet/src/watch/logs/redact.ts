/** Replaces the one group of an expression, at each match in a line. */
export interface Redaction {
  readonly what: string;
  /** RE2, of the part of its language that JavaScript has as well; with exactly one group. */
  readonly expression: string;
}

export const REDACTED = '<redacted>';

/** Names that programs use for secrets. */
const SECRET_NAMES = [
  'secret',
  'seed',
  'suri',
  'mnemonic',
  'phrase',
  'password',
  'passwd',
  'private[ _-]?key',
  'node[ _-]?key',
  'api[ _-]?key',
  'access[ _-]?token',
  'token',
].join('|');

/**
 * Text that may be a seed or another secret. No line is dropped. Hashes and public keys look like private
 * keys and stay, unless a word before them marks them: a log without hashes would be useless.
 */
export const REDACTIONS: readonly Redaction[] = [
  {
    what: 'twelve words or more in a row that could be a seed phrase',
    expression: '((?:\\b[a-z]{3,8}[ ,]+){11,23}[a-z]{3,8}\\b)',
  },
  {
    what: 'the text after a word such as secret, seed, password, token',
    // The name may be the end of a longer one, such as DB_PASSWORD; quotes, colons and equals signs come
    // between.
    expression: `(?i:${SECRET_NAMES})["']?(?: is| was)?(?:\\s*[:=]+\\s*|\\s+)["']?([^\\s"',;]{6,})`,
  },
  { what: 'the password at the end of a secret URI', expression: '///([^\\s"\']+)' },
  { what: 'credentials of HTTP', expression: '(?i:bearer|basic)\\s+([A-Za-z0-9+/_.=-]{8,})' },
  { what: 'the password in an address', expression: '://[^/\\s:@]*:([^@\\s/]+)@' },
  { what: 'a key in the path of the gateway', expression: '/k/([A-Za-z0-9_-]{16,})' },
];

/** As the pipeline does it, one expression after another. */
export function redacted(line: string): string {
  return REDACTIONS.reduce((text, { expression }) => redactedBy(text, new RegExp(expression, 'gd')), line);
}

function redactedBy(text: string, expression: RegExp): string {
  let [result, from] = ['', 0];
  for (const { indices } of text.matchAll(expression)) {
    const [start, end] = indices?.[1] ?? [0, 0];
    if (end <= start) continue;
    result += text.slice(from, start) + REDACTED;
    from = end;
  }
  return result + text.slice(from);
}
