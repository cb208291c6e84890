import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { goodNominator } from '../../testing/index.ts';
import { presetProgramme } from '../presets.ts';
import { type Programme, programmeOf } from '../programme.ts';

export const nominatorKey = (n: number): string => goodNominator(n).stashKey;

/** A programme on Polkadot with some nominators, which count targets by stake, with changes. */
export function programme(nominatorCount = 1, change: Record<string, unknown> = {}): Programme {
  const nominators = Array.from({ length: nominatorCount }, (_, n) => ({
    name: `nominator ${n}`,
    stashKey: nominatorKey(n),
  }));
  const preset = presetProgramme({ network: 'polkadot', profile: 'fair' }, nominators);
  const none = { identity: null, operator: null, provider: null, country: null };
  const base = {
    ...preset,
    caps: { perRound: none, perSlice: none },
    round: { everyEras: 1, minimumActive: '0', count: 'stake', mostTargets: 3 },
  };
  const read = programmeOf({ ...base, ...change });
  assert.ok(read.ok, inspect(read));
  return read.programme;
}

/** The numbers of the candidates with these keys. */
export function numbersOf(keys: readonly string[]): readonly number[] {
  return keys.map((key) => Number(BigInt(key)));
}
