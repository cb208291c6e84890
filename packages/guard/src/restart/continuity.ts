/**
 * Proof that the keys were here until just before, so that keys that author need not listen for a clone. It
 * proves no vote: a database may lose the last one that was sent (docs/decisions/0054-round-mark.md). The
 * guard keeps the token in memory while the node runs, so a token never survives a reboot or comes back with
 * a snapshot of the disk.
 */
export interface ContinuityToken {
  /** `/proc/sys/kernel/random/boot_id`. */
  readonly bootId: string;
  readonly database: FolderIdentity;
  /** The height of the last finalised block that the node reported. */
  readonly finalized: bigint;
  /** When the token was written, in milliseconds since the boot; time in suspend counts. */
  readonly uptimeMs: number;
}

/** A folder that was removed, copied or put back has another one. */
export interface FolderIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  /** When the file system made it, in nanoseconds since 1970; 0 if the file system does not keep that. */
  readonly bornNs: bigint;
}

/** A node that was down for longer may have been started elsewhere meanwhile, so the guard listens first. */
export const LONGEST_GAP_MS = 30_000;

export type Continuity =
  | { readonly state: 'proven' }
  | { readonly state: 'not-proven'; readonly why: NotProven };

export type NotProven = keyof typeof SENTENCES;

/**
 * Compares the token of the last run with the start that follows it: of a node without keys, the height in
 * its first answer, and the start of its process.
 */
export function continuityOf(token: ContinuityToken | null, start: ContinuityToken): Continuity {
  const broken = (why: NotProven): Continuity => ({ state: 'not-proven', why });
  if (token === null) return broken('no-token');
  if (token.bootId !== start.bootId) return broken('other-boot');
  if (start.uptimeMs - token.uptimeMs > LONGEST_GAP_MS) return broken('long-gap');
  if (!sameFolder(token.database, start.database)) return broken('other-database');
  return start.finalized < token.finalized ? broken('database-went-back') : { state: 'proven' };
}

export function sameFolder(a: FolderIdentity, b: FolderIdentity): boolean {
  return a.device === b.device && a.inode === b.inode && a.bornNs === b.bornNs;
}

export function continuitySentence(continuity: Continuity): string {
  return continuity.state === 'proven'
    ? 'the database continues from the last run'
    : SENTENCES[continuity.why];
}

const SENTENCES = {
  'no-token': 'no run of this guard was interrupted just before',
  'other-boot': 'the machine rebooted since the last run',
  'long-gap': 'the node was down for too long: it may have been started elsewhere',
  'no-database':
    'the folder of --database does not exist, so no restart can be proven: name the database of the node, for example …/chains/polkadot/db or …/paritydb',
  'other-database': 'the database folder is not the one of the last run',
  'other-machine': 'another machine of the pair held the keys until now',
  'database-went-back': 'the node starts below the block that it had finalised before',
} as const;
