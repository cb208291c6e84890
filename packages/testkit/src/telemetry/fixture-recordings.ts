import { readFileSync } from 'node:fs';

/** What two nodes of a development chain sent to a telemetry server, one message a line. */
export const ALICE = recording('alice');
export const BOB = recording('bob');
/** The message with which the node of ALICE introduces itself. */
export const INTRODUCTION = ALICE.find((text) => text.includes('system.connected')) ?? '';

function recording(name: string): readonly string[] {
  const file = new URL(`recordings/${name}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}
