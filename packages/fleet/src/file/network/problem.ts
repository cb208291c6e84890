/** A place in the text of a network file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One problem of a network file. Codes are stable. */
export interface Problem {
  readonly code: ProblemCode;
  /** Dotted path in the file, `''` for the file as a whole. */
  readonly path: string;
  readonly at: Position;
  readonly what: string;
  readonly remedy: string;
}

export const PROBLEM_CODES = {
  syntax: 'the text is not YAML',
  'unknown-key': 'a key that this file does not have',
  'wrong-value': 'a value of the wrong kind or out of range',
  'no-place': 'a pool runs nowhere',
  'unknown-place': 'a place that the file does not have',
  'unknown-instance': 'settings for a node that the pool does not have',
  contradiction: 'two settings exclude each other',
  software: 'no image or binary that fits the place, or one without digest',
  'unknown-flag': 'a flag that the node does not have',
  'wrong-flag': 'a flag with a value that does not fit it',
  'flag-version': 'a flag that this version of the node does not have',
  'managed-flag': 'a flag that other settings determine',
  'unsafe-flag': 'a flag that is refused because it opens access',
  'signer-scaled': 'a setting that would run a signer more than once',
  'shared-keys': 'one set of session keys for more than one node',
  'shared-seed': 'a Secret with seeds that more than one pod would reach',
  'secret-value': 'a value that looks like a seed or a password, in a place where others can read it',
  patch: 'a patch that matches no object, or whose result breaks an invariant',
  exposure: 'a setting that would open a port that must stay closed',
  ports: 'two nodes of one machine listen on one port',
  keys: 'settings of keys that do not fit together',
  duty: 'a permission service for a node that cannot ask it',
  service: 'settings of the permission service that do not fit together',
  chain: 'settings of the chain that do not fit together',
} as const;
export type ProblemCode = keyof typeof PROBLEM_CODES;

/** `FILE:LINE:COLUMN`. */
export function placeText(file: string, { line, column }: Position): string {
  return `${file}:${line}:${column}`;
}
