import {
  type Duty,
  dutyNamed,
  type FreezeEvidence,
  type Part,
  type Policy,
  parseUnit,
  pointOf,
} from '../../rule/index.ts';
import type {
  OffencesReport,
  SeenOffence,
  SeenSignature,
  SeenVote,
  SignaturesReport,
  VotesReport,
} from '../contract.ts';
import { baseOf } from '../ground/base.ts';
import { markName } from '../ground/keys.ts';
import type { HeldMark } from '../ground/marks.ts';
import { headOf } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import { mayObserve, mustObserve } from '../observations/observers.ts';
import { perSecond } from '../per-second.ts';
import type { Freezer } from './freeze.ts';
import { type Finding, judgeEquivocation, judgeSignature, type SeenPart } from './judge-signature.ts';
import { createRaise, type Proof } from './raise.ts';
import { isSignedVote } from './vote-signature.ts';

const LOGGED_PER_SECOND = 10;

/** A report about one key, with the policy that lists its observer. */
interface Case<Seen> {
  readonly policy: Policy;
  readonly seen: Seen;
  readonly observer: string;
}

/** A signature as any of the reports names it; an offence has two. */
interface Reported {
  readonly key: string;
  readonly unit: string;
  readonly digest?: string;
  readonly digests?: readonly [string, string];
}

/**
 * Compares the signatures that an observer saw on the chain with the ledger, and freezes a key whose
 * signature no service granted: decision 0031.
 */
export function createSignatureReports(modules: CoreModules, freezer: Freezer) {
  const raise = createRaise(modules, freezer);
  const isSigned = voteChecker(modules);
  /** One by one: a proof freezes a key before the next report about it. */
  async function each<Seen extends Reported>(
    { chain, observer }: { readonly chain: string; readonly observer: string },
    reported: readonly Seen[],
    prove: (one: Case<Seen>) => Promise<Proof | null>,
  ): Promise<void> {
    mustObserve(chain, observer, modules.policies.all());
    for (const seen of reported) {
      const policy = modules.policies.get(chain, seen.key)?.policy;
      if (policy === undefined || !mayObserve(policy, observer)) continue;
      const proof = await prove({ policy, seen, observer });
      if (proof !== null) await raise(proof);
    }
  }
  return {
    blocks: ({ chain, signatures }: SignaturesReport, observer: string) =>
      each({ chain, observer }, signatures, (one) =>
        compare(modules, one, { duty: one.seen.duty, part: 'seal' }),
      ),
    /** The votes whose signatures hold; the others are logged and dropped. */
    async votes({ chain, votes }: VotesReport, observer: string): Promise<readonly SeenVote[]> {
      mustObserve(chain, observer, modules.policies.all());
      const signed = votes.filter((vote) => isSigned(vote, observer));
      await each({ chain, observer }, signed, (one) =>
        compare(modules, one, { duty: 'grandpa', part: one.seen.part }),
      );
      return signed;
    },
    offences: ({ chain, offences }: OffencesReport, observer: string) =>
      each({ chain, observer }, offences, (one) => equivocation(modules, one, isSigned)),
  };
}

/**
 * Whether the key is frozen, and not for this very signature: for that one, the freeze may have ended before
 * the other keys of its machines were frozen, and the observer reports again until it succeeds.
 */
function isDone({ mode, freeze }: Policy, { unit, digest, digests }: Reported): boolean {
  const evidence = freeze?.evidence;
  const isCause = evidence?.unit === unit && evidence.digest === (digest ?? digests?.[1]);
  return mode === 'frozen' && !isCause;
}

/** The duty and unit of a report; null if there is none of that name, or it is not a unit of it. */
function partOf({
  duty: name,
  unit: text,
  part,
}: {
  readonly duty: string;
  readonly unit: string;
  readonly part: Part;
}): Omit<SeenPart, 'digest'> | null {
  const duty = dutyNamed(name);
  const parsed = duty === null ? null : parseUnit(duty.fields, text);
  return duty === null || parsed?.ok !== true ? null : { duty, unit: parsed.unit, part };
}

/** A service that may not know every grant accuses no machine. */
function mayAccuse({ session, reports }: CoreModules): boolean {
  return session.state() === 'serving' && reports.open() === null;
}

type IsSigned = (vote: SeenVote, observer: string) => boolean;

/** Whether a key signed its vote. One that it did not sign is logged, unless the log has many of them. */
function voteChecker(modules: CoreModules): IsSigned {
  const { clock, log } = modules.context.parts;
  const mayLog = perSecond(LOGGED_PER_SECOND, clock.monotonicMs);
  return (vote, observer) => {
    const seen = partOf({ ...vote, duty: 'grandpa' });
    if (seen !== null && isSignedVote({ ...vote, unit: seen.unit })) return true;
    const { key, unit, part } = vote;
    const event = { event: 'vote-unsigned', observer, key, unit, part };
    if (mayLog()) log.warn(event, 'an observer reported a vote that the key did not sign: it is ignored');
    return false;
  };
}

const NO_UNIT = { kind: 'unknown', why: 'no grant has such a unit' } as const;

/** Null if the ledger explains the signature, or does not know. Throws a StoreFault or a LedgerFault. */
async function compare(
  modules: CoreModules,
  { policy, seen, observer }: Case<SeenSignature | SeenVote>,
  name: { readonly duty: string; readonly part: Part },
): Promise<Proof | null> {
  const signed = partOf({ ...name, unit: seen.unit });
  const { digest, block } = seen;
  const [finding, held] =
    signed === null ? [NO_UNIT, null] : await judge(modules, policy, { ...signed, digest: digest.slice(2) });
  const what =
    name.part === 'seal'
      ? `block ${block.number} is sealed with this key for ${name.duty} unit ${seen.unit}`
      : `a ${name.part} of this key for ${name.duty} unit ${seen.unit} is in the justification of block ${block.number}`;
  const reason = `${what}, and ${finding.why}`;
  if (finding.kind !== 'granted') modules.quiet.saw(policy, name.duty, `observer ${observer}: ${reason}`);
  if (signed === null || finding.kind !== 'proof' || held === null || isDone(policy, seen)) return null;
  const evidence = evidenceOf(modules, held, signed, { unit: seen.unit, digest, block, observer });
  const { duty, unit } = signed;
  return { policy, duty, unit, reason, evidence: { ...evidence, granted: finding.granted } };
}

async function judge(
  modules: CoreModules,
  policy: Policy,
  signed: SeenPart,
): Promise<readonly [Finding, HeldMark | null]> {
  const { context, identity, observations } = modules;
  const blind = { kind: 'unknown', why: 'this service may not know every grant now' } as const;
  if (!mayAccuse(modules)) return [blind, null];
  const { duty, unit } = signed;
  const mark = markName(policy.chain, policy.key, duty.name);
  const own = context.parts.ledger.grantsOf(mark, unit);
  const held = await markOf(modules, policy, duty);
  const heard = observations.heard(policy, modules.base());
  const records = {
    epoch: identity.epoch,
    mark: held?.mark ?? null,
    own,
    base: baseOf(policy, { duty, owner: { node: '', incarnation: '' } }, mark, heard),
    nowMs: context.parts.clock.nowMs(),
  };
  return [judgeSignature(policy, signed, records), held];
}

/** Null if the offence is no proof, or cannot be judged now. Throws a StoreFault. */
async function equivocation(
  modules: CoreModules,
  { policy, seen, observer }: Case<SeenOffence>,
  isSigned: IsSigned,
): Promise<Proof | null> {
  modules.quiet.saw(
    policy,
    seen.duty,
    `observer ${observer}: block ${seen.block.number} has an offence of it`,
  );
  const signed = partOf(seen);
  if (!mayAccuse(modules) || signed === null || isDone(policy, seen)) return null;
  const { duty, unit, part } = signed;
  const { digests, signatures, block } = seen;
  if (part === 'prevote' || part === 'precommit') {
    const signatureOf = (at: number) => signatures?.[at] ?? '0x';
    const votes = digests.map((digest, at) => ({ ...seen, part, digest, signature: signatureOf(at) }));
    if (!votes.every((vote) => isSigned(vote, observer))) return null;
  }
  const finding = judgeEquivocation(policy, signed, digests);
  const held = finding.kind === 'proof' ? await markOf(modules, policy, duty) : null;
  if (finding.kind !== 'proof' || held === null) return null;
  const [first, second] = digests;
  const what = part === 'seal' ? 'sealed two blocks' : `signed two ${part}s`;
  const reason = `block ${block.number} records an offence: this key ${what} for ${duty.name} unit ${seen.unit}`;
  const evidence = evidenceOf(modules, held, signed, { unit: seen.unit, digest: second, block, observer });
  return { policy, duty, unit, reason, evidence: { ...evidence, otherDigest: first } };
}

function markOf({ marks, context }: CoreModules, { chain, key }: Policy, duty: Duty) {
  return marks.load({ chain, key, duty }, context.options.storeTimeoutMs);
}

function evidenceOf(
  { context }: CoreModules,
  { mark }: HeldMark,
  { duty, part }: Omit<SeenPart, 'digest'>,
  about: Pick<FreezeEvidence, 'unit' | 'digest' | 'block' | 'observer'>,
): FreezeEvidence {
  const service = context.parts.ledger.serviceId;
  const evidence = { duty: duty.name, ...about, granted: null, service, head: headOf(pointOf(mark)) };
  return part === 'seal' ? evidence : { ...evidence, part };
}
