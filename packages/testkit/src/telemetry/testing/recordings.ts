import { readFileSync } from 'node:fs';

/** The messages of two nodes of a development chain to a telemetry server, one per line. */
export const ALICE = recording('alice');
export const BOB = recording('bob');
/** The message with which the node of ALICE introduces itself. */
export const INTRODUCTION = ALICE.find((text) => text.includes('system.connected')) ?? '';

function recording(name: string): readonly string[] {
  const file = new URL(`recordings/${name}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}
