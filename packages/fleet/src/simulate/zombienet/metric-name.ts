/** Prefixes that nodes of polkadot-sdk give their metrics. */
const OWN = /^(?:substrate|polkadot|process|tokio|beefy|kusama|westend)_/;
const OF_POLKADOT = /^(?:parachain|pvf|availability|approval|collator|collation|node_parachain)_/;

/** The whole name of a metric, of which tests of zombienet leave the prefix out. Pure. */
export function metricNameOf(written: string): { readonly name: string } {
  if (OWN.test(written)) return { name: written };
  return { name: `${OF_POLKADOT.test(written) ? 'polkadot' : 'substrate'}_${written}` };
}
