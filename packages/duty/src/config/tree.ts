/** Reading and setting values of nested objects by path. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function getAt(tree: unknown, path: readonly string[]): unknown {
  let node = tree;
  for (const name of path) node = isRecord(node) && Object.hasOwn(node, name) ? node[name] : undefined;
  return node;
}

/** Makes missing objects on the way. Leaves the tree unchanged if the path leads through another value. */
export function setAt(tree: unknown, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path;
  if (name === undefined || !isRecord(tree)) return;
  if (rest.length === 0) tree[name] = value;
  else {
    if (tree[name] === undefined) tree[name] = {};
    setAt(tree[name], rest, value);
  }
}
