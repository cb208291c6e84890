/**
 * The obvious slow specification of the claim protocol, sections 3 and 4: a map of everything ever granted.
 * It shares no code and no data with the rule under test. Units are plain numbers here: the place of the unit
 * in its order.
 */
export interface SlowDuty {
  readonly bindsDigest: boolean;
  readonly unitBelongsTo: 'node' | 'start';
  readonly repeatedTo: 'never' | 'same start' | 'anyone with the same digest';
  /** For rounds: how many places are of set 0, the only set that is named when rounds are unscoped. */
  readonly ofSetZero?: number;
}

/** The table of section 3, written down a second time. */
export const SLOW_DUTIES: Readonly<Record<string, SlowDuty>> = {
  babe: { bindsDigest: true, unitBelongsTo: 'start', repeatedTo: 'same start' },
  aura: { bindsDigest: true, unitBelongsTo: 'start', repeatedTo: 'same start' },
  'aura-blocks': { bindsDigest: true, unitBelongsTo: 'start', repeatedTo: 'same start' },
  'aura-parachain': { bindsDigest: true, unitBelongsTo: 'start', repeatedTo: 'same start' },
  'aura-scheduling': { bindsDigest: true, unitBelongsTo: 'start', repeatedTo: 'same start' },
  grandpa: {
    bindsDigest: true,
    unitBelongsTo: 'node',
    repeatedTo: 'anyone with the same digest',
    ofSetZero: 4,
  },
  beefy: { bindsDigest: true, unitBelongsTo: 'node', repeatedTo: 'anyone with the same digest' },
  'im-online': { bindsDigest: false, unitBelongsTo: 'start', repeatedTo: 'never' },
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
  entered: number;
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
  roundScope: 'node-set' | 'unscoped' = 'node-set';
  /** How units were counted when the mark was adopted. */
  private marksMeaning = '';
  window = 1;
  enabled = true;
  digestRequired = false;
  roster: readonly string[] = [];
  /** Null if only the claimant has been heard. */
  ceiling: number | null = null;
  /** New places below this are past; null if there is no such bound. */
  lowest: number | null = null;
  /** New places at or below this date from before the session; null if there is no base. */
  base: number | 'unknown' | null = null;

  constructor(duty: SlowDuty) {
    this.duty = duty;
  }

  expect(claim: SlowClaim): SlowAnswer {
    if (!this.roster.includes(claim.node) || !this.enabled) return 'denied';
    if (this.digestRequired && this.duty.bindsDigest && claim.signs.length > 0 && claim.digest === null)
      return 'denied';
    if (!this.usable()) return 'denied';
    if (claim.original && claim.place <= Math.max(this.floor, ...this.ever.keys())) return 'denied';
    if (claim.place <= this.floor || this.otherSet(claim.place)) return 'denied';
    const granted = this.ever.get(claim.place);
    if (granted !== undefined) return this.expectKnown(claim, granted);
    if (this.ceiling === null) return 'unknown';
    if (claim.place > this.ceiling || claim.place < (this.lowest ?? 0)) return 'denied';
    if (this.fromBefore(claim.place)) return 'denied';
    if (this.base === 'unknown') return 'unknown';
    return this.wouldStay(claim.place) ? 'new' : 'denied';
  }

  /** How units are counted now: the rounds by their scope. A duty that is switched off keeps its count. */
  private meaning(): string {
    return String(this.roundScope);
  }

  /** The mark was adopted in this epoch, and its units are still counted in the same way. */
  usable(): boolean {
    return this.adopted && this.marksEpoch === this.epoch && this.marksMeaning === this.meaning();
  }

  /** Without set ids a round of another set has the name of a round of set 0. */
  otherSet(place: number): boolean {
    return this.roundScope === 'unscoped' && place >= (this.duty.ofSetZero ?? Number.POSITIVE_INFINITY);
  }

  private expectKnown(claim: SlowClaim, granted: Granted): SlowAnswer {
    const sameStart = granted.node === claim.node && granted.start === claim.start;
    const mine = this.duty.unitBelongsTo === 'node' ? granted.node === claim.node : sameStart;
    if (claim.opens && claim.signs.length === 0) return this.expectEnter(claim, granted, { mine, sameStart });
    if (claim.signs.some((part) => granted.digests.has(part))) {
      const equal = claim.signs.every(
        (part) => claim.digest !== null && granted.digests.get(part) === claim.digest,
      );
      if (!equal || claim.opens || this.duty.repeatedTo === 'never') return 'denied';
      if (this.duty.repeatedTo === 'anyone with the same digest') return 'repeat';
      return sameStart ? 'repeat' : 'denied';
    }
    if (!mine || (!sameStart && this.fromBefore(claim.place))) return 'denied';
    if (!sameStart && this.base === 'unknown') return 'unknown';
    return this.wouldStay(claim.place) ? 'new' : 'denied';
  }

  private expectEnter(
    claim: SlowClaim,
    granted: Granted,
    { mine, sameStart }: { readonly mine: boolean; readonly sameStart: boolean },
  ): SlowAnswer {
    if (granted.digests.size > 0) return 'denied';
    if (!mine && (claim.term ?? 0) <= granted.term) return 'denied';
    if (!sameStart) {
      if (this.fromBefore(claim.place)) return 'denied';
      if (this.base === 'unknown') return 'unknown';
      if (granted.entered >= 16) return 'denied';
    }
    if (!this.wouldStay(claim.place)) return 'denied';
    return mine ? 'repeat' : 'new';
  }

  private fromBefore(place: number): boolean {
    return typeof this.base === 'number' && place <= this.base;
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
      entered: 0,
      digests: new Map<string, string | null>(),
    };
    if (claim.opens) granted.entered++;
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

  /** Adopted, perhaps again: the floor only rises. */
  adopt(floor: number | null): void {
    this.adopted = true;
    this.marksEpoch = this.epoch;
    this.marksMeaning = this.meaning();
    this.floor = Math.max(this.floor, floor ?? -1);
    this.kept = this.kept.filter((place) => place > this.floor);
  }
}
