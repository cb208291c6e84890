import { counted, shownAmount } from '@watchbill/kit';
import type { DoctorFacts } from '../inspect/inspect.ts';
import { known, notAsked } from '../inspect/look.ts';
import { checksOf, fault } from './finding.ts';

const check = checksOf('staking');
/** Twenty of 600 validators that equivocate in one session lose min((3 * 20 / 600)^2, 1) = 1 %. */
const SLASH_PERCENT = 1n;
/** Points come in with each session; until nearly all have some, an absence shows nothing. */
const EARNING_SHARE = 0.9;
/** The share of the history that is left when a reward becomes a risk: 21 of 84 eras, and 7 of 84. */
const LATE = 4;
const LAST = 12;

export const STAKING_CHECKS = [
  check('staking-bond', 'the own stake is above the floor after a usual slash', 'staking', (stake, facts) => {
    const { bonded, floor, token } = stake;
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
    const buffer = `the buffer is ${shownAmount(bonded - floor, token)}; twenty validators that fail together lose 1 % each`;
    return fault(isBelow ? 'D' : 'C', subject, {
      what: isBelow
        ? 'the own stake is below the floor'
        : `a slash of ${SLASH_PERCENT} % takes the own stake below the floor`,
      evidence: [
        `bonded ${shownAmount(bonded, token)}, the floor is ${shownAmount(floor, token)} (Staking.MinValidatorBond)`,
        ...(isBelow ? [] : [buffer]),
      ],
      cost: 'below the floor, anyone may take the validator out of the election (staking.chillOther)',
      mend: `bond ${shownAmount(needed(floor) - bonded, token)} more (staking.bondExtra)`,
    });
  }),
  check('staking-points', 'an elected validator has points in this era', 'staking', (stake, facts) => {
    const { own, earning, seats, elected } = stake.points;
    if (!elected || own > 0) return null;
    if (earning < EARNING_SHARE * seats || earning === 0)
      return notAsked(
        `only ${earning} of ${seats} validators have points yet in era ${stake.era}; look again in a session`,
      );
    return fault('D', subjectOf(facts), {
      what: 'the validator is elected and has no points in this era',
      evidence: [`era ${stake.era}: ${earning} of ${seats} validators have points, this one has none`],
      cost: 'the era pays this validator and its nominators nothing',
      mend: 'watchbill doctor with --node, --keystore and --unit: the findings about blocks, votes and session keys show the cause',
    });
  }),
  check('staking-payouts', 'rewards are paid out long before they expire', 'staking', (stake, facts) => {
    const { era, depth, unpaid } = stake;
    const left = (each: { readonly era: number }): number => each.era + depth - era;
    const late = unpaid.filter((each) => left(each) <= depth / LATE);
    const [first] = late;
    if (first === undefined) return null;
    const pages = late.reduce((sum, each) => sum + each.pages, 0);
    const expiry = left(first) <= 0 ? 'the end of this era' : `${counted(left(first), 'era')} from now`;
    return fault(left(first) <= depth / LAST ? 'D' : 'C', subjectOf(facts), {
      what: `rewards of ${counted(late.length, 'era')} are not paid out, and expire from ${expiry} on`,
      evidence: [
        `era ${era} is active, and the chain keeps ${depth} eras`,
        `${counted(pages, 'page')} of era ${late.map((each) => each.era).join(', ')} are unpaid`,
        `${counted(unpaid.length, 'era')} are unpaid in all`,
      ],
      cost: 'rewards that are not paid out before they expire are lost for the validator and its nominators',
      mend: `staking.payoutStakersByPage(${known(facts.session)?.validator ?? 'STASH'}, ${first.era}, 0), and each other page; anyone may send it`,
    });
  }),
];

/** The smallest stake that is at the floor after the slash. */
function needed(floor: bigint): bigint {
  const kept = 100n - SLASH_PERCENT;
  return (floor * 100n + kept - 1n) / kept;
}

const subjectOf = ({ session }: DoctorFacts): string => known(session)?.validator ?? 'validator';
