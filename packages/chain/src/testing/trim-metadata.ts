import { metadata as codec, decAnyMetadata } from '@polkadot-api/substrate-bindings';

/** The parts of a runtime's metadata that the readers of a nomination programme use. */
const KEPT: Readonly<Record<string, RegExp>> = {
  System: /^(Account|Events|LastRuntimeUpgrade)$/,
  Timestamp: /^Now$/,
  Babe: /^(CurrentSlot|GenesisSlot|EpochIndex|EpochStart)$/,
  Session: /^(CurrentIndex|Validators|QueuedKeys|NextKeys)$/,
  Staking: /./,
  StakingAhClient: /^Mode$/,
  MultiBlockMigrations: /^Cursor$/,
  MultiBlockElection: /^CurrentPhase$/,
  ElectionProviderMultiPhase: /^CurrentPhase$/,
  Identity: /^(IdentityOf|SuperOf|Registrars)$/,
};

type Tree = Record<string, unknown>;

/**
 * Real metadata without the parts that no reader here uses: other pallets, other items, calls, documentation.
 * Unused types become `bool`, so that all others keep their numbers. For fixtures: the whole metadata is ten
 * times as large.
 */
export function trimMetadata(bytes: Uint8Array): Uint8Array {
  const decoded = decAnyMetadata(Uint8Array.from(bytes));
  if (decoded.metadata.tag !== 'v15')
    throw new RangeError(`the metadata is of ${decoded.metadata.tag}, not v15`);
  const whole = decoded.metadata.value;
  const pallets = whole.pallets.flatMap((pallet) => {
    const kept = KEPT[pallet.name];
    if (kept === undefined) return [];
    const items = pallet.storage?.items.filter(({ name }) => kept.test(name)) ?? [];
    const storage = pallet.storage === undefined ? undefined : { ...pallet.storage, items };
    return [{ ...pallet, storage, calls: undefined, errors: undefined, docs: [] }];
  });
  const unit = whole.lookup.findIndex(({ def }) => def.tag === 'primitive' && def.value.tag === 'bool');
  const extrinsic = {
    ...whole.extrinsic,
    address: unit,
    call: unit,
    signature: unit,
    extra: unit,
    signedExtensions: [],
  };
  const outerEnums = { call: unit, event: unit, error: unit };
  const trimmed = { ...whole, pallets, extrinsic, type: unit, apis: [], outerEnums, custom: [] };
  const used = reachable(whole.lookup, { pallets, unit });
  const lookup = whole.lookup.map((entry) =>
    used.has(entry.id)
      ? entry
      : {
          ...entry,
          path: [],
          params: [],
          def: { tag: 'primitive', value: { tag: 'bool', value: undefined } },
        },
  );
  const value = withoutDocs({ ...trimmed, lookup });
  return codec.enc({ ...decoded, metadata: { tag: 'v15', value } } as Parameters<typeof codec.enc>[0]);
}

/** Types by number that the kept items need, with all that those are made of. */
function reachable(lookup: readonly { readonly id: number }[], roots: unknown): ReadonlySet<number> {
  const seen = new Set<number>();
  const queue = [...numbersIn(roots)];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(
      ...numbersIn((lookup[next] as unknown as Tree | undefined)?.def),
      ...numbersIn((lookup[next] as unknown as Tree | undefined)?.params),
    );
  }
  return seen;
}

/** Every number that may be a type. A number that is not one keeps an unused type, which does no harm. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.values(value).flatMap(numbersIn);
}

function withoutDocs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withoutDocs);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'docs' ? [] : withoutDocs(inner)]),
  );
}
