import { counted, shownAmount } from '@watchbill/kit';
import { type DoctorFacts, notAsked, type StakingFacts } from './facts.ts';
import { type Answer, type Check, checksOf, fault, of } from './finding.ts';

const check = checksOf('staking');

export const STAKING_CHECKS: readonly Check[] = [
  check('staking-bond', 'the own stake is above the floor after a usual slash', of('staking', bond)),
  check('staking-points', 'an elected validator has points in this era', of('staking', points)),
  check('staking-payouts', 'rewards are paid out long before they expire', of('staking', payouts)),
];

/** Twenty of 600 validators that equivocate in one session lose min((3 * 20 / 600)^2, 1) = 1 %. */
const SLASH_PERCENT = 1n;

function bond({ bonded, floor, token }: StakingFacts, facts: DoctorFacts): Answer {
  const subject = subjectOf(facts);
  if (bonded === null) {
    return fault('D', subject, {
      what: 'the account has no bond',
      evidence: ['Staking.Bonded is empty'],
      cost: 'the validator is not elected',
      mend: 'give --validator the address of the stash; to start: staking.bond, then staking.validate',
    });
  }
  const left = bonded - (bonded * SLASH_PERCENT) / 100n;
  if (left >= floor) return null;
  const isBelow = bonded < floor;
  return fault(isBelow ? 'D' : 'C', subject, {
    what: isBelow
      ? 'the own stake is below the floor'
      : `a slash of ${SLASH_PERCENT} % takes the own stake below the floor`,
    evidence: [
      `bonded ${shownAmount(bonded, token)}, the floor is ${shownAmount(floor, token)} (Staking.MinValidatorBond)`,
      ...(isBelow
        ? []
        : [
            `the buffer is ${shownAmount(bonded - floor, token)}; twenty validators that fail together lose 1 % each`,
          ]),
    ],
    cost: 'below the floor, anyone may take the validator out of the election (staking.chillOther)',
    mend: `bond ${shownAmount(needed(floor) - bonded, token)} more (staking.bondExtra)`,
  });
}

/** The smallest stake that is at the floor after the slash. */
function needed(floor: bigint): bigint {
  const kept = 100n - SLASH_PERCENT;
  return (floor * 100n + kept - 1n) / kept;
}

/** Points come in with each session; until nearly all have some, an absence shows nothing. */
const EARNING_SHARE = 0.9;

function points({ era, points: { own, earning, seats, elected } }: StakingFacts, facts: DoctorFacts): Answer {
  if (!elected || own > 0) return null;
  if (earning < EARNING_SHARE * seats || earning === 0)
    return notAsked(
      `only ${earning} of ${seats} validators have points yet in era ${era}; look again in a session`,
    );
  return fault('D', subjectOf(facts), {
    what: 'the validator is elected and has no points in this era',
    evidence: [`era ${era}: ${earning} of ${seats} validators have points, this one has none`],
    cost: 'the era pays this validator and its nominators nothing',
    mend: 'watchbill doctor with --node, --keystore and --unit: the findings about blocks, votes and session keys show the cause',
  });
}

/** The share of the history that is left when a reward becomes a risk: 21 of 84 eras, and 7 of 84. */
const LATE = 4;
const LAST = 12;

function payouts({ era, depth, unpaid }: StakingFacts, facts: DoctorFacts): Answer {
  const left = ({ era: each }: { readonly era: number }): number => each + depth - era;
  const late = unpaid.filter((each) => left(each) <= depth / LATE);
  const [first] = late;
  if (first === undefined) return null;
  const pages = late.reduce((sum, each) => sum + each.pages, 0);
  return fault(left(first) <= depth / LAST ? 'D' : 'C', subjectOf(facts), {
    what: `rewards of ${counted(late.length, 'era')} are not paid out, and expire from ${expiry(left(first))} on`,
    evidence: [
      `era ${era} is active, and the chain keeps ${depth} eras`,
      `${counted(pages, 'page')} of era ${late.map((each) => each.era).join(', ')} are unpaid`,
      `${counted(unpaid.length, 'era')} are unpaid in all`,
    ],
    cost: 'rewards that are not paid out before they expire are lost for the validator and its nominators',
    mend: `staking.payoutStakersByPage(${facts.session.looked ? (facts.session.value.validator ?? 'STASH') : 'STASH'}, ${first.era}, 0), and each other page; anyone may send it`,
  });
}

function expiry(eras: number): string {
  return eras <= 0 ? 'the end of this era' : `${counted(eras, 'era')} from now`;
}

function subjectOf({ session }: DoctorFacts): string {
  return (session.looked ? session.value.validator : null) ?? 'validator';
}
