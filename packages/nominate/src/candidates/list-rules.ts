import { readAddress } from '@watchbill/chain/address';
import type { ListRules } from './candidate.ts';
import { findingOf, type RawEntry } from './entry.ts';
import { type Finding, LIST_RULES, type ListRule, shown } from './finding.ts';

/** The rules that compare entries with each other. */
export function listFindings(entries: readonly RawEntry[], rules: ListRules): readonly Finding[] {
  return [
    ...doubles(entries, 'double-slot', 'slotId', ({ slotId }) => slotId, 'give it the next free number'),
    ...doubles(
      entries,
      'double-name',
      'name',
      ({ name }) => name,
      'telemetry must be able to tell them apart: rename one',
    ),
    ...doubles(
      entries,
      'double-stash',
      'stash',
      ({ stash }) => keyOf(stash),
      'remove one of the two entries',
    ),
    ...doubles(
      entries,
      'double-kusama-stash',
      'kusamaStash',
      ({ kusamaStash }) => keyOf(kusamaStash),
      'each candidate names its own Kusama stash',
    ),
    ...doubleNetworkIds(entries),
    ...similarNames(entries),
    ...operatorLimit(entries, rules),
    ...slotGaps(entries),
  ];
}

function keyOf(address: string | undefined): string | undefined {
  return address === undefined ? undefined : readAddress(address)?.publicKey;
}

function groups(
  entries: readonly RawEntry[],
  of: (entry: RawEntry) => string | number | undefined,
): readonly (readonly RawEntry[])[] {
  const byValue = Map.groupBy(entries, of);
  return [...byValue]
    .filter(([value, held]) => value !== undefined && held.length > 1)
    .map(([, held]) => held);
}

function doubles(
  entries: readonly RawEntry[],
  rule: ListRule,
  key: 'slotId' | 'name' | 'stash' | 'kusamaStash',
  of: (entry: RawEntry) => string | number | undefined,
  remedy: string,
): readonly Finding[] {
  return groups(entries, of).flatMap(([first, ...others]) =>
    others.map((entry) => {
      const line = first?.lines[key] ?? 0;
      return findingOf(entry, rule, key, `entry ${first?.at} on line ${line} has the same ${key}`, remedy);
    }),
  );
}

function doubleNetworkIds(entries: readonly RawEntry[]): readonly Finding[] {
  const first = new Map<string, RawEntry>();
  return entries.flatMap((entry) =>
    [...new Set(entry.networkIds ?? [])].flatMap((id) => {
      const before = first.get(id);
      if (before === undefined) {
        first.set(id, entry);
        return [];
      }
      const message = `${shown(id)} is also declared by entry ${before.at} on line ${before.lines.networkIds ?? before.line}`;
      return [
        findingOf(
          entry,
          'double-network-id',
          'networkIds',
          message,
          'a node belongs to one candidate: remove one',
        ),
      ];
    }),
  );
}

function similarNames(entries: readonly RawEntry[]): readonly Finding[] {
  const fold = (name: string | undefined) => {
    const folded = name?.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
    return folded === '' ? undefined : folded;
  };
  return groups(entries, ({ name }) => fold(name)).flatMap(([first, ...others]) =>
    others
      .filter(({ name }) => name !== first?.name)
      .map((entry) =>
        findingOf(
          entry,
          'similar-name',
          'name',
          `the name differs from ${shown(first?.name ?? '')} on line ${first?.lines.name} only by case, blanks or look-alike characters`,
          'rename one, so that they are not confused',
        ),
      ),
  );
}

function operatorLimit(entries: readonly RawEntry[], { nodesPerOperator }: ListRules): readonly Finding[] {
  if (nodesPerOperator === null) return [];
  const held = new Map<string, RawEntry[]>();
  for (const entry of entries) {
    for (const handle of new Set(entry.riotHandle ?? [])) {
      const nodes = held.get(handle);
      if (nodes === undefined) held.set(handle, [entry]);
      else nodes.push(entry);
    }
  }
  return [...held]
    .filter(([, nodes]) => nodes.length > nodesPerOperator)
    .flatMap(([, nodes]) => {
      const slots = slotsOf(nodes);
      return nodes
        .slice(nodesPerOperator)
        .map((entry) =>
          findingOf(
            entry,
            'operator-limit',
            'riotHandle',
            `one operator holds ${nodes.length} slots (${slots}), ${nodesPerOperator} are allowed`,
            'ask the operator which to keep',
          ),
        );
    });
}

/** The slots of some entries as text, the first ten of them. */
function slotsOf(nodes: readonly RawEntry[]): string {
  const shown = nodes.slice(0, 10).map(({ slotId }) => slotId);
  return `${shown.join(', ')}${nodes.length > shown.length ? ', …' : ''}`;
}

/** One note for each run of free slots. */
function slotGaps(entries: readonly RawEntry[]): readonly Finding[] {
  const slots = entries
    .flatMap(({ slotId, line }) =>
      slotId === undefined || !Number.isSafeInteger(slotId) || slotId < 0 ? [] : [{ slotId, line }],
    )
    .sort((a, b) => a.slotId - b.slotId);
  const found: Finding[] = [];
  let next = 0;
  for (const { slotId, line } of slots) {
    if (slotId > next) found.push(gap(next, slotId - 1, line));
    next = Math.max(next, slotId + 1);
  }
  return found;
}

function gap(from: number, to: number, line: number): Finding {
  const rule = 'slot-gap';
  const message =
    from === to ? `slot ${from} is free` : `the slots ${from} to ${to} (${to - from + 1}) are free`;
  const remedy = 'none needed: free slots are not reused';
  return {
    rule,
    severity: LIST_RULES[rule].severity,
    line,
    entry: null,
    name: null,
    key: 'slotId',
    message,
    remedy,
  };
}

/** How many slots below the highest are free: the sum of the runs of {@link slotGaps}. */
export function freeSlots(entries: readonly { readonly slotId?: number }[]): number {
  const slots = new Set(entries.flatMap(({ slotId }) => (slotId === undefined ? [] : [slotId])));
  const highest = [...slots].reduce((most, slot) => Math.max(most, slot), -1);
  return highest + 1 - slots.size;
}
