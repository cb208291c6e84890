import { hasHidden } from '@watchbill/base';
import { z } from 'zod';

/** What a network is for, where the source says it: rented machines, lines of an access provider, or machines of the operator's own. */
export const NETWORK_KINDS = ['hosting', 'isp', 'self-hosted'] as const;

const LONGEST = 128;
/** One line of plain text; empty for what is not known. */
export const placeText = z
  .string()
  .transform((text) => text.trim())
  .refine((text) => text.length <= LONGEST && text.isWellFormed() && !hasHidden(text), {
    message: `must be plain text of at most ${LONGEST} characters`,
  });
export const countryCode = z
  .string()
  .transform((text) => text.trim().toUpperCase())
  .refine((text) => /^([A-Z]{2})?$/.test(text), {
    message: 'must be a code of two letters, as ISO 3166 has it',
  });
export const systemNumber = z.int().min(1).max(0xffff_ffff);

/** Where an address stands. */
export const foundPlaceShape = z.strictObject({
  country: countryCode.default(''),
  region: placeText.default(''),
  city: placeText.default(''),
  provider: placeText.default(''),
  /** The autonomous system that announces it. */
  asn: systemNumber.optional(),
  kind: z.enum(NETWORK_KINDS).optional(),
});

export type FoundPlace = Readonly<z.output<typeof foundPlaceShape>>;

/** A place, or why there is none. The reason never holds the address. */
export type PlaceAnswer = { readonly place: FoundPlace } | { readonly why: string };

/** Whoever knows where addresses stand. */
export interface PlaceSource {
  /** Resolves where it can be used. Rejects with what is wrong with it, and what to do. */
  readonly check: () => Promise<void>;
  /** By address: IPv4 or IPv6 as text, none of them of a special range. Rejects where the source cannot be used. */
  readonly lookUp: (
    addresses: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, PlaceAnswer>>;
  readonly close: () => Promise<void>;
}

/** Providers without a name are called by their number, so that limits and lists can name them. */
export function named(place: FoundPlace): FoundPlace {
  return place.provider === '' && place.asn !== undefined ? { ...place, provider: `AS${place.asn}` } : place;
}
