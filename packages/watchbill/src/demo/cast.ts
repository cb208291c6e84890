/** One machine of the demonstration. */
export interface Member {
  readonly node: string;
  /** Index of the identity, and so of the authority and its key. */
  readonly identity: number;
  readonly rank: number;
}

/** The founding set-up: six validators, of which two are one identity. */
export const MEMBERS: readonly Member[] = [
  { node: 'alpha-1', identity: 0, rank: 0 },
  { node: 'alpha-2', identity: 0, rank: 1 },
  { node: 'bravo', identity: 1, rank: 0 },
  { node: 'charlie', identity: 2, rank: 0 },
  { node: 'delta', identity: 3, rank: 0 },
  { node: 'echo', identity: 4, rank: 0 },
];

export const IDENTITIES: readonly string[] = ['alpha', 'bravo', 'charlie', 'delta', 'echo'];

/** The identity that two machines hold. */
export const SHARED_IDENTITY = 0;

export function membersOf(identity: number): readonly Member[] {
  return MEMBERS.filter((member) => member.identity === identity);
}
