import { canonicalJson, digestOfText } from '@watchbill/kit';
import { z } from 'zod';
import { checkRulesShape } from '../checks/rules.ts';
import { rankRulesShape } from '../history/rank-rules.ts';
import { tierShape } from '../history/tiers.ts';
import { weightsShape } from '../score/weights.ts';
import { canonicalText, type Problem, parse, problemsOf } from '../snapshot/codec.ts';
import { count, era, label, publicKey, wide } from '../snapshot/shapes.ts';

const cap = z.int().min(1).max(1_000).nullable().default(null);
const capsShape = z.strictObject({ identity: cap, operator: cap, provider: cap, country: cap });
const NO_CAPS = { identity: null, operator: null, provider: null, country: null };

const nominatorRuleShape = z.strictObject({
  name: label,
  stashKey: publicKey,
  /** The tiers that it backs; null for all candidates, including those without a tier. */
  tiers: z.array(label).nullable().default(null),
});

/** Rotating rounds choose anew each time; a cohort is a list of members for a term. */
const modeShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rotating') }),
  z.strictObject({
    kind: z.literal('cohort'),
    name: label,
    firstEra: era,
    lastEra: era,
    /** In the order in which nominators get them. */
    members: z.array(publicKey).min(1),
    membersPerNominator: z.int().min(1).max(1_000),
    /** Which nodes are excluded together: those of one operator, by handle, or each alone. */
    evaluate: z.enum(['operator', 'node']).default('operator'),
  }),
]);

/** The parts of a programme, each with its default. */
export const programmeFields = z.strictObject({
  version: z.literal(1),
  name: label,
  network: label,
  checks: checkRulesShape,
  /** Custom modules that `checks` names, by the SHA-256 of their file. */
  modules: z.array(z.strictObject({ id: label, sha256: z.string().regex(/^[0-9a-f]{64}$/) })).default([]),
  profile: z.enum(['1kv', 'fair']),
  weights: weightsShape,
  /** Providers that get no points for their place in profile `1kv`. */
  bannedProviders: z.array(label).default([]),
  rank: rankRulesShape,
  tiers: z.array(tierShape).default([]),
  nominators: z.array(nominatorRuleShape).min(1),
  round: z.strictObject({
    /** Eras between two nominations of one nominator: 4 on Kusama, 1 on Polkadot. */
    everyEras: z.int().min(1).max(1_000),
    /** A nominator with less than this bonded is left out; planck as text. */
    minimumActive: wide.prefault('0'),
    /** How many targets a nominator gets. */
    count: z.enum(['1kv', 'stake', 'simulate']),
    /** The most targets, below the limit of the chain; null for that limit. */
    mostTargets: z.int().min(1).max(1_000).nullable().default(null),
    /** A longer era counts as stalled, and there is no round; null for no limit. */
    longestEraMs: count.nullable().default(null),
  }),
  caps: z
    .strictObject({ perRound: capsShape.default(NO_CAPS), perSlice: capsShape.default(NO_CAPS) })
    .default({ perRound: NO_CAPS, perSlice: NO_CAPS }),
  mode: modeShape.default({ kind: 'rotating' }),
});

/** The rules of a programme: data, so that a round can be computed again. */
export const programmeShape = programmeFields.superRefine((programme, context) => {
  const names = new Set(programme.tiers.map(({ name }) => name));
  for (const [at, { tiers }] of programme.nominators.entries()) {
    const missing = tiers?.find((name) => !names.has(name));
    if (missing !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['nominators', at, 'tiers'],
        message: `there is no tier ${JSON.stringify(missing)}`,
      });
    }
  }
  if (new Set(programme.nominators.map(({ stashKey }) => stashKey)).size < programme.nominators.length) {
    context.addIssue({ code: 'custom', path: ['nominators'], message: 'a stash is listed twice' });
  }
  const { mode } = programme;
  if (mode.kind === 'cohort' && new Set(mode.members).size < mode.members.length) {
    context.addIssue({ code: 'custom', path: ['mode', 'members'], message: 'a member is listed twice' });
  }
});

export type Programme = Readonly<z.output<typeof programmeShape>>;
export type Caps = Programme['caps'];
export type CapKind = keyof Caps['perRound'];
export type Cohort = Extract<Programme['mode'], { readonly kind: 'cohort' }>;

export type ProgrammeRead =
  | { readonly ok: true; readonly programme: Programme; readonly digest: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the JSON of a programme; absent parts get their defaults. Unknown keys are refused. Never throws. */
export function decodeProgramme(text: string): ProgrammeRead {
  const json = parse(text);
  if (!json.ok) return { ok: false, problems: [{ path: '', message: json.why }] };
  return programmeOf(json.value);
}

/** The same for a document that was already parsed. */
export function programmeOf(document: unknown): ProgrammeRead {
  const read = programmeShape.safeParse(document);
  if (!read.success) return { ok: false, problems: problemsOf(read.error) };
  const encoded = canonicalText(read.data);
  if (!encoded.ok) return { ok: false, problems: [{ path: '', message: encoded.why }] };
  return { ok: true, programme: read.data, digest: digestOfText(encoded.text) };
}

/** The canonical text of a programme, with every default written out. */
export function encodeProgramme(programme: Programme): string {
  return canonicalJson(programme);
}

/** SHA-256 of {@link encodeProgramme}, as hex. */
export function programmeDigest(programme: Programme): string {
  return digestOfText(encodeProgramme(programme));
}
