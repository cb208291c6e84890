/**
 * Reads a write-ahead log as its format page describes it (sqlite.org/fileformat2.html#walformat): a header
 * of 32 bytes, then frames of 24 bytes and a page; a frame whose second word is not zero ends a commit.
 * Frames left over from before the last reset carry other salts and do not count.
 */
export function commitFrames(log: Buffer): number {
  if (log.length < 32) return 0;
  const pageSize = log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let commits = 0;
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    if (log.readUInt32BE(at + 4) !== 0) commits += 1;
  }
  return commits;
}
