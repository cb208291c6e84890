import type { AlertGroup } from './alert.ts';
import { plainText } from './yaml.ts';

/** The words of one alert for a console or a terminal. Labels are `<node>`, the value is `<value>`. */
export interface Sentence {
  readonly sentence: string;
  readonly todo: string;
  readonly run: string | null;
}

/** The words of alerts, by the name of the alert, for example `WatchbillKeyFrozen`. */
export function sentencesOf(groups: readonly AlertGroup[]): ReadonlyMap<string, Sentence> {
  return new Map(
    groups.flatMap(({ alerts }) =>
      alerts.map(({ name, summary, todo, run }) => [
        name,
        { sentence: plainText(summary), todo, run: run ?? null },
      ]),
    ),
  );
}
