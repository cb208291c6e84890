import { ascending, scaled, scaledBetween } from '../statistics/quantile.ts';
import type { Draw } from './draw.ts';
import type { ScoreInputs } from './inputs.ts';
import type { Score } from './score.ts';
import { COMPONENTS, type Component, type Components, type Weights } from './weights.ts';

const INCLUSION_ERAS = 84;
const SPAN_ERAS = 28;
const LARGEST_RANDOM_SHARE = 0.15;
const WITHOUT_PLACE = 0.25;
const COMMON_CLIENT = 'Parity Polkadot';

/** The inputs of profile `1kv` in addition to the candidates. */
export interface Profile1kvRules {
  readonly weights: Weights;
  readonly activeEra: number;
  readonly bannedProviders: readonly string[];
  readonly draw: Draw;
}

/**
 * The scores of the Thousand Validators backend for a set of candidates, which is also the population. The
 * floating-point operations and their order are those of the reference; an unknown value counts as 0, as it
 * did there. Two differences: the draw is given, and a weight of 0 is 0.
 */
export function score1kv(candidates: readonly ScoreInputs[], rules: Profile1kvRules): readonly Score[] {
  const numbers = candidates.map((one) => numbersOf(one, rules.activeEra));
  const population = populationOf(candidates, numbers);
  return candidates.map((one, at) => {
    const own = numbers[at] ?? numbersOf(one, rules.activeEra);
    return scoreOf(one, own, population, rules);
  });
}

/** The plain numbers of a candidate, missing ones as 0. */
type Numbers = ReturnType<typeof numbersOf>;

function numbersOf(one: ScoreInputs, activeEra: number) {
  const eras = one.erasWithPoints ?? [];
  return {
    inclusion: eras.filter((era) => era >= activeEra - (INCLUSION_ERAS - 1)).length / INCLUSION_ERAS,
    spanInclusion: eras.filter((era) => era >= activeEra - (SPAN_ERAS - 1)).length / SPAN_ERAS,
    discovered: one.firstSeenMs ?? 0,
    // The reference's "nominated at" is the last era with points, despite its name.
    nominated: Math.max(0, ...eras),
    rank: one.rank,
    bonded: Number(one.bonded ?? 0n),
    faults: one.faultEras.length,
    offline: one.offlineMs ?? 0,
    nominations: one.nominations ?? 0,
  };
}

type Population = ReturnType<typeof populationOf>;

function populationOf(candidates: readonly ScoreInputs[], numbers: readonly Numbers[]) {
  const of = (pick: (one: Numbers) => number) => ascending(numbers.map(pick));
  return {
    inclusion: of(({ inclusion }) => inclusion),
    spanInclusion: of(({ spanInclusion }) => spanInclusion),
    discovered: of(({ discovered }) => discovered),
    nominated: of(({ nominated }) => nominated),
    rank: of(({ rank }) => rank),
    bonded: of(({ bonded }) => bonded),
    faults: of(({ faults }) => faults),
    offline: of(({ offline }) => offline),
    // Only this population leaves out candidates without a record.
    nominations: ascending(
      candidates.flatMap(({ nominations }) => (nominations === null ? [] : [nominations])),
    ),
    city: nodesPerPlace(candidates, 'city'),
    region: nodesPerPlace(candidates, 'region'),
    country: nodesPerPlace(candidates, 'country'),
    provider: nodesPerPlace(candidates, 'provider'),
  };
}

type PlaceKind = 'city' | 'region' | 'country' | 'provider';

/** The number of nodes in each place: one entry per place. Nodes without data form a separate place. */
function nodesPerPlace(candidates: readonly ScoreInputs[], kind: PlaceKind) {
  const counts = new Map<string, number>();
  for (const { place } of candidates) {
    const name = place?.[kind] ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { counts, sorted: ascending([...counts.values()]) };
}

function scoreOf(
  one: ScoreInputs,
  own: Numbers,
  all: Population,
  { weights, bannedProviders, draw }: Profile1kvRules,
): Score {
  const { weights: w } = weights;
  const provider = one.place?.provider ?? '';
  const isBanned = provider !== '' && bannedProviders.includes(provider);
  const place = (kind: PlaceKind, weight: number) => {
    const name = one.place?.[kind] ?? '';
    if (isBanned) return 0;
    if (name === '') return WITHOUT_PLACE * weight;
    const { counts, sorted } = all[kind];
    return (1 - scaledBetween(counts.get(name) ?? 0, sorted, 0, 1)) * weight;
  };
  const components: Components = {
    inclusion: (1 - scaledBetween(own.inclusion, all.inclusion, 0.05, 0.95)) * w.inclusion,
    spanInclusion: (1 - scaledBetween(own.spanInclusion, all.spanInclusion, 0.05, 0.95)) * w.spanInclusion,
    discovered: (1 - scaled(own.discovered, all.discovered)) * w.discovered,
    nominated: (1 - scaled(own.nominated, all.nominated)) * w.nominated,
    rank: scaled(own.rank, all.rank) * w.rank,
    unclaimed: 0 - (one.unclaimedCount ?? 0) * w.unclaimed,
    bonded: scaledBetween(own.bonded, all.bonded, 0.05, 0.85) * w.bonded,
    faults: (1 - scaled(own.faults, all.faults)) * w.faults,
    offline: (1 - scaled(own.offline, all.offline)) * w.offline,
    location: place('city', w.location),
    region: place('region', w.region),
    country: place('country', w.country),
    provider: place('provider', w.provider),
    nominations: scaledBetween(own.nominations, all.nominations, 0.05, 0.95) * w.nominations,
    client: one.implementation !== '' && one.implementation !== COMMON_CLIENT ? w.client : 0,
  };
  const drawn = draw(one.stashKey);
  const aggregate = COMPONENTS.reduce((sum, name) => sum + components[name], 0);
  const total = aggregate * (1 + drawn * LARGEST_RANDOM_SHARE);
  return { stashKey: one.stashKey, components, aggregate, draw: drawn, total, unknown: unknownOf(one) };
}

/** The components for which a candidate's data are unknown. */
export function unknownOf(one: ScoreInputs): readonly Component[] {
  const missing: Readonly<Partial<Record<Component, boolean>>> = {
    inclusion: one.erasWithPoints === null,
    spanInclusion: one.erasWithPoints === null,
    discovered: one.firstSeenMs === null,
    unclaimed: one.unclaimedCount === null,
    bonded: one.bonded === null,
    location: (one.place?.city ?? '') === '',
    region: (one.place?.region ?? '') === '',
    country: (one.place?.country ?? '') === '',
    provider: (one.place?.provider ?? '') === '',
    offline: one.offlineMs === null,
    nominations: one.nominations === null,
    client: one.implementation === '',
  };
  return COMPONENTS.filter((name) => missing[name] === true);
}
