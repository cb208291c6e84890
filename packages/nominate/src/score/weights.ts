import { z } from 'zod';
import { label } from '../snapshot/shapes.ts';

/** The parts of a score, in the order in which profile `1kv` adds them up. */
export const COMPONENTS = [
  'inclusion',
  'spanInclusion',
  'faults',
  'discovered',
  'nominated',
  'rank',
  'unclaimed',
  'bonded',
  'location',
  'region',
  'country',
  'provider',
  'offline',
  'nominations',
  'client',
] as const;

export type Component = (typeof COMPONENTS)[number];
export type Components = Readonly<Record<Component, number>>;

const weight = z.number().min(0).max(1e9);

/**
 * Weights with a version: data, so that a record can name the weights in force. A weight of 0 switches a
 * component off.
 */
export const weightsShape = z.strictObject({ version: label, weights: z.record(z.enum(COMPONENTS), weight) });

export type Weights = Readonly<z.output<typeof weightsShape>>;

/** The defaults of the old backend. */
export const WEIGHTS_1KV_DEFAULT: Weights = {
  version: '1kv-default',
  weights: {
    inclusion: 220,
    spanInclusion: 220,
    faults: 5,
    discovered: 5,
    nominated: 80,
    rank: 5,
    unclaimed: 10,
    bonded: 50,
    location: 40,
    region: 10,
    country: 10,
    provider: 100,
    offline: 2,
    nominations: 100,
    client: 200,
  },
};

/** Its configuration on Kusama and Polkadot in November 2024. */
export const WEIGHTS_1KV_PRODUCTION: Weights = {
  version: '1kv-production',
  weights: { ...WEIGHTS_1KV_DEFAULT.weights, discovered: 30, nominated: 100, rank: 50 },
};

/** Weights for profile `fair`: those of production, without the 200 points for a client's name. */
export const WEIGHTS_FAIR: Weights = {
  version: 'fair-1',
  weights: { ...WEIGHTS_1KV_PRODUCTION.weights, faults: 50, offline: 50, client: 50 },
};

/** Weights by name, for configurations. */
export const WEIGHTS: Readonly<Record<string, Weights>> = Object.fromEntries(
  [WEIGHTS_1KV_DEFAULT, WEIGHTS_1KV_PRODUCTION, WEIGHTS_FAIR].map((weights) => [weights.version, weights]),
);

/**
 * The weights that the old backend derived from a configuration (`1kv-compat`): a weight that was missing,
 * not a number or **0** became the built-in default, so no component could be switched off. Only for
 * comparison; rounds use the configured weights.
 */
export function weightsAsReference(raw: Readonly<Record<string, unknown>>): Weights {
  const entries = COMPONENTS.map(
    (name) => [name, Number(raw[name]) || WEIGHTS_1KV_DEFAULT.weights[name]] as const,
  );
  return { version: '1kv-compat', weights: Object.fromEntries(entries) as Record<Component, number> };
}
