/** Networks to begin with. */
export const PRESET_NAMES = [
  'solo-chain',
  'relay-network',
  'parachain',
  'api-nodes',
  'boot-nodes',
  'simulation',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
