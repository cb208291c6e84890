/** A chain whose raw specification is `packages/testkit/chain-specs/NAME.raw.json.zst`. */
export interface RawChain {
  /** How blocks get their time: by slots of BABE, or by the timestamp alone. */
  readonly clock: 'babe' | 'timestamp';
  readonly slotMs: number;
}

/** Real runtimes, by their names in tests. */
export const CHAINS = {
  /** Relay of 2026 (westend 1_025_002): staking moved to Asset Hub. */
  'relay-2026': { clock: 'babe', slotMs: 6_000 },
  /** Asset Hub of 2026 (westmint 1_025_002): staking, proxies, elections in two pages. */
  'asset-hub-2026': { clock: 'timestamp', slotMs: 6_000 },
  /** People of 2026: identities. */
  'people-2026': { clock: 'timestamp', slotMs: 6_000 },
  /** Relay of 2024 with staking and paged exposures. */
  'westend-1015000': { clock: 'babe', slotMs: 6_000 },
  /** Relay that filters staking calls. */
  'paseo-2003001': { clock: 'babe', slotMs: 6_000 },
  /** Relay of 2023 with identity, im-online and staking on one chain. */
  'kusama-1000000': { clock: 'babe', slotMs: 6_000 },
  /** People chain of the paseo network. */
  'people-paseo-2000006': { clock: 'timestamp', slotMs: 12_000 },
  /** Relay of 2022: metadata 14, no paged exposures. */
  'westend-9320': { clock: 'babe', slotMs: 6_000 },
} as const satisfies Readonly<Record<string, RawChain>>;

export type ChainName = keyof typeof CHAINS;
