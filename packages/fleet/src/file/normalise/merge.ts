import type { Origin } from './origin.ts';

type Tree = Readonly<Record<string, unknown>>;

/** A tree of values with the origin of each. */
export interface Layer {
  readonly tree: Tree;
  readonly originOf: (path: readonly string[]) => Origin;
}

export interface Merged {
  readonly tree: Tree;
  /** By dotted path of each value that is not a section. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** Deep merge: sections are joined, everything else (lists too) is replaced by the later layer. */
export function mergeLayers(layers: readonly Layer[]): Merged {
  const tree: Record<string, unknown> = {};
  const origins = new Map<string, Origin>();
  for (const layer of layers) mergeInto(tree, layer.tree, [], layer, origins);
  return { tree, origins };
}

function mergeInto(
  into: Record<string, unknown>,
  from: Tree,
  path: readonly string[],
  layer: Layer,
  origins: Map<string, Origin>,
): void {
  for (const [key, value] of Object.entries(from)) {
    if (value === undefined) continue;
    const here = [...path, key];
    const before = into[key];
    if (isSection(value) && Object.keys(value).length > 0) {
      // An empty section has an origin, one with values does not.
      if (isSection(before)) origins.delete(here.join('.'));
      else forget(origins, here);
      const section: Record<string, unknown> = isSection(before) ? before : {};
      into[key] = section;
      mergeInto(section, value, here, layer, origins);
    } else if (!(isSection(value) && isSection(before))) {
      forget(origins, here);
      into[key] = isSection(value) ? {} : value;
      origins.set(here.join('.'), layer.originOf(here));
    }
  }
}

/** Removes the value at a path, and everything below it. */
function forget(origins: Map<string, Origin>, path: readonly string[]): void {
  const dotted = path.join('.');
  for (const key of origins.keys()) if (key === dotted || key.startsWith(`${dotted}.`)) origins.delete(key);
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
