import { type ChainRules, type ReportedChain, reportedChain } from './reported-chain.ts';

/** All chains that a node is on now, by genesis hash. */
export interface TelemetryState {
  chain(genesisHash: string): ReportedChain | undefined;
  /** The chain, made where it is new. */
  chainFor(genesisHash: string): ReportedChain;
  forget(genesisHash: string): void;
  chains(): readonly ReportedChain[];
}

export function telemetryState(rules: ChainRules): TelemetryState {
  const chains = new Map<string, ReportedChain>();
  return {
    chain: (genesisHash) => chains.get(genesisHash),
    chainFor: (genesisHash) => {
      const found = chains.get(genesisHash) ?? reportedChain(genesisHash, rules);
      chains.set(genesisHash, found);
      return found;
    },
    forget: (genesisHash) => {
      chains.delete(genesisHash);
    },
    chains: () => [...chains.values()],
  };
}
