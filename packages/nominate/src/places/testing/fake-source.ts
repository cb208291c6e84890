import { foundPlaceShape, type PlaceAnswer, type PlaceSource } from '../port.ts';

/** Counts the queries, and returns the address as city. */
export function fakeSource(): PlaceSource & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    check: async () => undefined,
    lookUp: async (addresses) => {
      asked.push(...addresses);
      return new Map(
        addresses.map((one): [string, PlaceAnswer] => [
          one,
          one.endsWith('.9') ? { why: 'none' } : { place: foundPlaceShape.parse({ city: `at ${one}` }) },
        ]),
      );
    },
    close: async () => undefined,
  };
}
