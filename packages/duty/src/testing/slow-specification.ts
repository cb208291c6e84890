/**
 * The obvious slow specification of the claim protocol, sections 3 and 4: a map of everything ever granted. It shares
 * no code and no data with the rule under test. Units are plain numbers here: the place of the unit in its order.
 */
export interface SlowDuty {
  readonly bindsDigest: boolean;
  readonly unitBelongsTo: 'node' | 'start';
  readonly repeatedTo: 'nobody' | 'same start' | 'anyone with the same digest';
}

/** The table of section 3, written down a second time. */
export const SLOW_DUTIES: Readonly<Record<string, SlowDuty>> = {
  babe: { bindsDigest: true, unitBelongsTo: 'start', repeatedTo: 'same start' },
  aura: { bindsDigest: true, unitBelongsTo: 'start', repeatedTo: 'same start' },
  'aura-blocks': { bindsDigest: true, unitBelongsTo: 'start', repeatedTo: 'same start' },
  grandpa: { bindsDigest: true, unitBelongsTo: 'node', repeatedTo: 'anyone with the same digest' },
  beefy: { bindsDigest: true, unitBelongsTo: 'node', repeatedTo: 'anyone with the same digest' },
  'im-online': { bindsDigest: false, unitBelongsTo: 'start', repeatedTo: 'nobody' },
};

export interface SlowClaim {
  readonly place: number;
  readonly opens: boolean;
  readonly signs: readonly string[];
  readonly digest: string | null;
  readonly node: string;
  readonly start: string;
  readonly term: number | null;
  readonly original: boolean;
}

interface Granted {
  node: string;
  start: string;
  term: number;
  readonly digests: Map<string, string | null>;
}

export type SlowAnswer = 'new' | 'repeat' | 'denied' | 'unknown';

/** Everything that happened, and the answer that follows from it. */
export class SlowWorld {
  readonly duty: SlowDuty;
  /** Never forgets. */
  readonly ever = new Map<number, Granted>();
  /** Places that the mark may still hold, and the place at or below which all is denied. */
  kept: number[] = [];
  floor = -1;
  adopted = false;
  marksEpoch = 0;
  epoch = 0;
  window = 1;
  enabled = true;
  digestRequired = false;
  roster: readonly string[] = [];
  /** Null where nobody but the claimant has been heard. */
  ceiling: number | null = null;

  constructor(duty: SlowDuty) {
    this.duty = duty;
  }

  expect(claim: SlowClaim): SlowAnswer {
    if (!this.roster.includes(claim.node) || !this.enabled) return 'denied';
    if (this.digestRequired && this.duty.bindsDigest && claim.signs.length > 0 && claim.digest === null)
      return 'denied';
    if (!this.adopted || this.marksEpoch !== this.epoch) return 'denied';
    if (claim.original && claim.place <= Math.max(this.floor, ...this.ever.keys())) return 'denied';
    if (claim.place <= this.floor) return 'denied';
    const granted = this.ever.get(claim.place);
    if (granted !== undefined) return this.expectKnown(claim, granted);
    if (this.ceiling === null) return 'unknown';
    if (claim.place > this.ceiling) return 'denied';
    return this.wouldStay(claim.place) ? 'new' : 'denied';
  }

  private expectKnown(claim: SlowClaim, granted: Granted): SlowAnswer {
    const mine =
      granted.node === claim.node && (this.duty.unitBelongsTo === 'node' || granted.start === claim.start);
    if (claim.opens && claim.signs.length === 0) {
      if (granted.digests.size > 0) return 'denied';
      if (!mine && (claim.term ?? 0) <= granted.term) return 'denied';
      if (!this.wouldStay(claim.place)) return 'denied';
      return mine ? 'repeat' : 'new';
    }
    if (claim.signs.some((part) => granted.digests.has(part))) {
      const equal = claim.signs.every(
        (part) => claim.digest !== null && granted.digests.get(part) === claim.digest,
      );
      if (!equal || claim.opens || this.duty.repeatedTo === 'nobody') return 'denied';
      if (this.duty.repeatedTo === 'anyone with the same digest') return 'repeat';
      return granted.node === claim.node && granted.start === claim.start ? 'repeat' : 'denied';
    }
    return mine && this.wouldStay(claim.place) ? 'new' : 'denied';
  }

  /** Is the place among the W highest, once it is put in. */
  private wouldStay(place: number): boolean {
    return this.kept.filter((other) => other > place).length < this.window;
  }

  /** A new grant was written. */
  grant(claim: SlowClaim): void {
    const granted = this.ever.get(claim.place) ?? {
      node: claim.node,
      start: claim.start,
      term: -1,
      digests: new Map<string, string | null>(),
    };
    if (claim.opens && claim.signs.length === 0) {
      granted.node = claim.node;
      granted.start = claim.start;
      granted.term = claim.term ?? -1;
    }
    for (const part of claim.signs) granted.digests.set(part, claim.digest);
    this.ever.set(claim.place, granted);
    if (!this.kept.includes(claim.place)) this.kept.push(claim.place);
    while (this.kept.length > this.window) {
      const lowest = Math.min(...this.kept);
      this.kept = this.kept.filter((place) => place !== lowest);
      this.floor = Math.max(this.floor, lowest);
    }
  }

  /** Adopted, again perhaps: the floor only rises. */
  adopt(floor: number | null): void {
    this.adopted = true;
    this.marksEpoch = this.epoch;
    this.floor = Math.max(this.floor, floor ?? -1);
    this.kept = this.kept.filter((place) => place > this.floor);
  }
}
