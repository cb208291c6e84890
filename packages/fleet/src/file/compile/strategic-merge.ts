import { isList, isRecord, type Json, type JsonList, type JsonRecord } from '@watchbill/kit';

/**
 * Keys by which items of a list are the same item, by the name of the list; all other lists are replaced as
 * a whole. Source: patchMergeKey in k8s.io/api core/v1 types.go.
 */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'port'],
};

/**
 * Merges a patch into an object as the API server does with a strategic merge patch. `null` removes a key.
 * `$patch: replace` replaces a section or a list; `$patch: delete` removes an item. Throws a RangeError on
 * another directive.
 */
export function strategicMerge(before: Json | undefined, patch: Json, list = ''): Json {
  if (isRecord(patch)) return mergeRecords(before, patch);
  if (isList(patch)) return mergeLists(isList(before) ? before : [], patch, list);
  return patch;
}

function mergeRecords(before: Json | undefined, patch: JsonRecord): JsonRecord {
  const { $patch, ...own } = patch;
  if ($patch !== undefined && $patch !== 'replace')
    throw new RangeError('$patch of a section is `replace`; null removes a key');
  const result: Record<string, Json> = $patch === undefined && isRecord(before) ? { ...before } : {};
  for (const [key, value] of Object.entries(own)) {
    if (key.startsWith('$')) throw new RangeError(`${key} is not supported; use $patch`);
    if (value === null) delete result[key];
    else result[key] = strategicMerge(result[key], value, key);
  }
  return result;
}

function mergeLists(before: JsonList, patch: JsonList, list: string): Json {
  const items = patch.filter(isRecord);
  const key = MERGE_KEYS[list]?.find((name) =>
    items.every((one) => isDirective(one) || one[name] !== undefined),
  );
  if (key === undefined || items.length !== patch.length)
    return patch.map((one) => strategicMerge(undefined, one));
  const isWhole = items.some((one) => isDirective(one) && one.$patch === 'replace');
  let result: Json[] = isWhole ? [] : [...before];
  for (const item of items) {
    if (isDirective(item)) continue;
    const at = result.findIndex((one) => isRecord(one) && one[key] === item[key]);
    if (item.$patch === 'delete') result = result.filter((_, index) => index !== at);
    else if (at === -1) result.push(strategicMerge(undefined, item));
    else result[at] = strategicMerge(result[at], item);
  }
  return result;
}

/** An item that is a directive for the whole list. */
function isDirective(item: JsonRecord): boolean {
  return Object.keys(item).length === 1 && item.$patch !== undefined;
}
