import type { z } from 'zod';
import { type KeyScheme, SIMULATION_FORMAT, type simulationSchema } from '../schema.ts';

/** Where the chain of each size comes from; `{validators}` in its texts is the size. */
export type SweepChain =
  | { readonly chain: string }
  | { readonly specFile: string }
  | { readonly specCommand: readonly string[] };

export interface SweepNetwork {
  readonly command: string;
  readonly chain: SweepChain;
  readonly flags: readonly string[];
  readonly keyTypes: Readonly<Record<string, KeyScheme>>;
  /** Names of validators, in the order in which the chains take them. */
  readonly names: readonly string[];
}

/** What a type of key signs with where nobody says otherwise. */
export function usualScheme(type: string): KeyScheme {
  if (type === 'gran') return 'ed25519';
  return type === 'beef' ? 'ecdsa' : 'sr25519';
}

/** The network of one size, as a simulation is written: so many validators and nothing else. Its texts are not checked. Pure. */
export function networkOfSize(
  { command, chain, flags, keyTypes, names }: SweepNetwork,
  size: number,
): z.input<typeof simulationSchema> {
  return {
    format: SIMULATION_FORMAT,
    name: `sweep-${size}`,
    relay: {
      command,
      ...sourceOfSize(chain, size),
      args: [...flags],
      keyTypes,
      nodes: names.slice(0, size).map((name) => ({ name, validator: true })),
    },
  };
}

function sourceOfSize(
  source: SweepChain,
  size: number,
): { chain?: string; specFile?: string; specCommand?: string[] } {
  const sized = (text: string): string => text.replaceAll('{validators}', String(size));
  if ('chain' in source) return { chain: sized(source.chain) };
  if ('specFile' in source) return { specFile: sized(source.specFile) };
  return { specCommand: source.specCommand.map(sized) };
}
