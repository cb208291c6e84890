// The manifest of a crate of the registry with the changes that a node needs. They are data, so that a new
// version of the crate moves no line of a patch.

import { parse, stringify } from 'smol-toml';

/**
 * Changes of a manifest in the form of a JSON merge patch (RFC 7396): null removes, an object merges, any
 * other value replaces. For example `{ "dependencies": { "sc-cli": { "default-features": false } } }`.
 * @typedef {Record<string, unknown>} ManifestChanges
 */

/**
 * The manifest with the changes. A feature loses what names a removed dependency.
 * @param {string} text a Cargo.toml as the registry gives it out
 * @param {ManifestChanges} changes
 * @returns {string} throws an error that names each dependency that is missing
 */
export function changedManifest(text, changes) {
  const manifest = parse(text);
  const before = manifest.dependencies ?? {};
  const wanted = Object.entries(changes.dependencies ?? {});
  const missing = wanted
    .filter(([name, change]) => !(name in before) && !change?.version)
    .map(([name]) => name);
  if (missing.length > 0) throw new Error(`Cargo.toml has no dependency ${missing.join(', ')}`);
  const merged = merge(manifest, changes);
  const removed = wanted.filter(([, change]) => change === null).map(([name]) => name);
  for (const [feature, parts] of Object.entries(merged.features ?? {}))
    merged.features[feature] = parts.filter((part) => !removed.some((name) => names(part, name)));
  return stringify(merged);
}

/** Whether a part of a feature means a dependency: `NAME`, `dep:NAME`, `NAME/FEATURE`, `NAME?/FEATURE`. */
function names(part, dependency) {
  return part.replace(/^dep:/, '').split(/[?/]/)[0] === dependency;
}

function merge(target, changes) {
  if (!isTable(changes)) return changes;
  const merged = isTable(target) ? { ...target } : {};
  for (const [name, change] of Object.entries(changes))
    if (change === null) delete merged[name];
    else merged[name] = merge(merged[name], change);
  return merged;
}

function isTable(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
