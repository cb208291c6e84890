import type { Policy } from '../../rule/index.ts';
import type { PolicyDocument } from '../../service/index.ts';

/** One value that differs. `before` is undefined for a new value, `after` for a removed one. */
export interface Change {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The document of a policy in the ledger. */
export function documentOf(policy: Policy): PolicyDocument {
  const { versionId: _id, version: _version, mode: _mode, freeze: _freeze, ...document } = policy;
  return document;
}

/** Every value that differs, in the order of the path. Nodes of the roster are matched by name. */
export function diffPolicies(before: PolicyDocument | null, after: PolicyDocument): Change[] {
  const old = before === null ? new Map<string, unknown>() : flat(before);
  const now = flat(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }))
    .filter((change) => change.before !== change.after);
}

function flat(document: PolicyDocument): Map<string, unknown> {
  const roster = Object.fromEntries(document.roster.map(({ name, ...node }) => [name, node]));
  const leaves = new Map<string, unknown>();
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) leaves.set(path, [...value].sort().join(', '));
    else if (typeof value !== 'object' || value === null) leaves.set(path, value);
    else
      for (const [name, child] of Object.entries(value)) visit(child, path === '' ? name : `${path}.${name}`);
  };
  visit({ ...document, roster }, '');
  for (const [path, value] of leaves) if (value === undefined) leaves.delete(path);
  return leaves;
}

/** The difference as text: `+` new, `-` removed, `~` changed. */
export function diffText(changes: readonly Change[]): string {
  return changes
    .map(({ path, before, after }) => {
      if (before === undefined) return `+ ${path}: ${after}\n`;
      return after === undefined ? `- ${path}: ${before}\n` : `~ ${path}: ${before} -> ${after}\n`;
    })
    .join('');
}
