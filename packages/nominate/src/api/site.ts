import { type Meter, makeMeter } from './metrics/meter.ts';
import { API_LIMITS, type ApiLimits, type ApiOptions } from './options.ts';
import { programmeReader, type Reader } from './reading/reader.ts';
import { type ReplayCache, replayCache } from './reading/replay-cache.ts';

/** Dependencies of handlers and pages. */
export interface Site {
  readonly options: ApiOptions;
  readonly limits: ApiLimits;
  readonly reader: Reader;
  readonly replays: ReplayCache;
  readonly meter: Meter;
  readonly title: string;
}

export function makeSite(options: ApiOptions): Site {
  const limits = { ...API_LIMITS, ...options.limits };
  const site = {
    options,
    limits,
    reader: programmeReader(options.store, limits),
    replays: replayCache(limits.replays, options.replay),
    title: options.title ?? 'Nomination programme',
  };
  return { ...site, meter: makeMeter(site) };
}
