import { hasHidden } from '@watchbill/kit';
import { z } from 'zod';

/**
 * The purpose of a network, if the source has it: rented machines, lines of an access provider, or machines
 * of the operator.
 */
export const NETWORK_KINDS = ['hosting', 'isp', 'self-hosted'] as const;

const LONGEST = 128;
/** One line of plain text; empty if unknown. */
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

/** The place of an address. */
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

/** A place, or the reason why there is none. The reason never contains the address. */
export type PlaceAnswer = { readonly place: FoundPlace } | { readonly why: string };

/** A source of places. */
export interface PlaceSource {
  /** Resolves if the source can be used. Rejects with the problem and the remedy. */
  readonly check: () => Promise<void>;
  /**
   * Places by address: IPv4 or IPv6 as text, without special ranges. Rejects if the source cannot be used.
   */
  readonly lookUp: (
    addresses: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, PlaceAnswer>>;
  readonly close: () => Promise<void>;
}

/** A provider without a name is identified by its number, so that limits and lists can name it. */
export function named(place: FoundPlace): FoundPlace {
  return place.provider === '' && place.asn !== undefined ? { ...place, provider: `AS${place.asn}` } : place;
}
