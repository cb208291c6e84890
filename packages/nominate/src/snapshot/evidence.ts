import type { Evidence, Fact } from '../facts/fact.ts';
import type { Snapshot } from './snapshot.ts';

/** The evidence of a fact, with the block and the age of its source. */
export function evidenceOf<Value>(
  snapshot: Snapshot,
  name: string,
  fact: Fact<Value>,
  show: (value: Value) => string = String,
): Evidence {
  const source = snapshot.sources[fact.from];
  return {
    fact: name,
    value: fact.known ? show(fact.value) : `unknown: ${fact.reason}`,
    source: fact.from,
    block: source?.block?.number ?? null,
    ageMs: source === undefined ? null : snapshot.takenAtMs - source.atMs,
  };
}
