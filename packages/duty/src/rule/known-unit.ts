import { underBase } from './bounds.ts';
import type { Claim } from './claim.ts';
import { type Case, type Decision, deny, enterOf, granted, leaves, unbounded, write } from './decision.ts';
import { type PartGrant, type RecentUnit, withUnit } from './mark.ts';

/** How often one unit may be entered, so that a node in a restart loop cannot grow its record without end. */
const MAX_ENTERS = 16;
/** Below every watch term. */
const NO_TERM = -1n;

/** Rule 4: a unit in `recent`. */
export function decideKnown(at: Case, known: RecentUnit): Decision {
  const { claim, attempt } = at;
  if (claim.parts.length === 1 && claim.parts[0] === 'enter') return decideEnter(at, known);
  const before = claim.parts.map((part) => known.parts.find((grant) => grant.part === part));
  if (before.some((grant) => grant !== undefined)) return decideRepeat(known, before, claim);
  if (!owns(known, claim)) return deny('unit-taken', `the unit belongs to ${known.owner.node}`);
  if (!sameOwner(known, claim)) {
    // A restore may have lost the vote that another start was granted; the start that entered remembers its
    // own.
    const { base } = at.bounds;
    if (underBase(base, claim.unit) === 'covered') {
      const start = `another start of ${known.owner.node}`;
      return deny(
        'unit-taken',
        `${start} entered the unit, which dates from before the session of this service`,
      );
    }
    if (base.kind === 'unknown') return unbounded(base.why);
  }
  return write(at, { ...known, parts: [...known.parts, ...granted(claim, attempt.nonce)] }, 'new');
}

/** Rule 4, `enter`: after a denial here a gate abstains; after a denial of a vote its node would stop. */
function decideEnter(at: Case, known: RecentUnit): Decision {
  const { claim, bounds } = at;
  if (sameOwner(known, claim)) return enterAgain(at, known);
  const { base } = bounds;
  if (underBase(base, claim.unit) === 'covered') {
    return deny(
      'unit-past',
      `${known.owner.node} entered the unit, which dates from before the session of this service`,
    );
  }
  if (known.parts.length > 0) return anyPart();
  const own = owns(known, claim);
  if (!own && (claim.term ?? NO_TERM) <= (known.term ?? NO_TERM)) {
    return deny('unit-taken', `${known.owner.node} entered the unit and no later watch term is claimed`);
  }
  if (base.kind === 'unknown') return unbounded(base.why);
  if (known.enters.length >= MAX_ENTERS) {
    return deny('unit-taken', `the unit was entered ${known.enters.length} times already`);
  }
  const entered = {
    owner: claim.owner,
    term: laterTerm(known, claim),
    enters: [...known.enters, enterOf(at)],
  };
  return write(at, { ...known, ...entered }, own ? 'repeat' : 'new');
}

/** The start that entered the unit asks again, for a lost reply. */
function enterAgain(at: Case, known: RecentUnit): Decision {
  if (known.parts.length > 0) return anyPart();
  // After W was made smaller the unit may be about to leave. Its votes would be denied, so deny it now.
  const kept = withUnit(at.mark.floor, at.mark.recent, known, at.dutyPolicy.window).recent.includes(known);
  return kept ? { outcome: 'grant', reason: 'repeat', next: null } : leaves();
}

function anyPart(): Decision {
  return deny('unit-taken', 'a part of the unit is granted already');
}

/** The term of a unit never falls: an older one would let a node take over under a past term. */
function laterTerm(known: RecentUnit, claim: Claim): bigint | null {
  return (claim.term ?? NO_TERM) > (known.term ?? NO_TERM) ? claim.term : known.term;
}

/** A part that is granted already: only the same payload, to whom the duty may repeat it. */
function decideRepeat(known: RecentUnit, before: readonly (PartGrant | undefined)[], claim: Claim): Decision {
  const digests = before.map((grant) => grant?.digest ?? null);
  if (claim.digest === null || digests.some((digest) => digest === null)) {
    return deny('unit-taken', 'a claim without a digest is granted once');
  }
  if (claim.duty.repeat === 'never') return deny('unit-taken', 'this duty is never repeated');
  if (claim.duty.repeat === 'same-incarnation' && !sameOwner(known, claim)) {
    const own = known.owner.node === claim.owner.node;
    return deny('unit-taken', `the unit belongs to ${own ? 'another start of ' : ''}${known.owner.node}`);
  }
  if (digests.some((digest) => digest !== claim.digest))
    return deny('digest-differs', 'another payload was granted');
  return { outcome: 'grant', reason: 'repeat', next: null };
}

function sameOwner(known: RecentUnit, claim: Claim): boolean {
  return known.owner.node === claim.owner.node && known.owner.incarnation === claim.owner.incarnation;
}

function owns(known: RecentUnit, claim: Claim): boolean {
  return claim.duty.owner === 'node' ? known.owner.node === claim.owner.node : sameOwner(known, claim);
}
