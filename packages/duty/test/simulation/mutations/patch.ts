/** One place of a unified diff: these lines become those. */
export interface Hunk {
  readonly before: string;
  readonly after: string;
}

/**
 * The hunks of a unified diff, by file. Line numbers are left out of account, so that a patch outlives
 * other edits.
 */
export function readPatch(text: string): ReadonlyMap<string, readonly Hunk[]> {
  const files = new Map<string, Hunk[]>();
  let hunks: Hunk[] = [];
  let lines: { before: string[]; after: string[] } | null = null;
  const close = (): void => {
    if (lines !== null) hunks.push({ before: lines.before.join('\n'), after: lines.after.join('\n') });
    lines = null;
  };
  for (const line of text.split('\n')) {
    if (line.startsWith('--- ')) close();
    else if (line.startsWith('+++ ')) {
      hunks = [];
      files.set(line.slice('+++ b/'.length).trim(), hunks);
    } else if (line.startsWith('@@')) {
      close();
      lines = { before: [], after: [] };
    } else if (lines !== null && line !== '') {
      const rest = line.slice(1);
      if (line[0] !== '+') lines.before.push(rest);
      if (line[0] !== '-') lines.after.push(rest);
    }
  }
  close();
  return files;
}

/** The source with every hunk applied. Throws if the lines of a hunk are not there exactly once. */
export function applyHunks(file: string, source: string, hunks: readonly Hunk[]): string {
  let changed = source;
  for (const { before, after } of hunks) {
    const parts = changed.split(before);
    if (parts.length !== 2)
      throw new Error(
        `${file} has these lines ${parts.length - 1} times, not once; refresh the patch:\n${before}`,
      );
    changed = parts.join(after);
  }
  return changed;
}
