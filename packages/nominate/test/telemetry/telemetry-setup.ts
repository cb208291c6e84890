import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Telemetry, type TelemetrySettings, watchTelemetry } from '@watchbill/nominate/telemetry';
import { freePort, waitFor } from '@watchbill/testkit';
import {
  playRecording,
  startTelemetryServer,
  type TelemetryServer,
  type TelemetryServerOptions,
} from '@watchbill/testkit/telemetry';

export const TIMEOUT = { timeoutMs: 120_000, everyMs: 10 };

/**
 * The messages of two nodes of `substrate/` with `--telemetry-url 'URL 1'`, line by line; the machine's
 * processor and kernel are replaced.
 */
export const RECORDED = { alice: recording('alice'), bob: recording('bob') };
/** Of the chain that was recorded. */
export const RECORDED_GENESIS = fieldOf(RECORDED.alice, 'genesis_hash');

function recording(name: string): readonly string[] {
  const file = new URL(`../../../testkit/src/telemetry/testing/recordings/${name}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

/** A field of the first message, with which a node introduces itself. */
export function fieldOf(messages: readonly string[], field: string): string {
  const first = messages
    .map((text) => JSON.parse(text).payload)
    .find(({ msg }) => msg === 'system.connected');
  return first[field];
}

/** A recording as another node would have made it. */
export function renamed(messages: readonly string[], name: string, networkId: string): readonly string[] {
  return messages.map((text) => {
    const message = JSON.parse(text);
    if (message.payload.msg === 'system.connected')
      Object.assign(message.payload, { name, network_id: networkId });
    return JSON.stringify(message);
  });
}

export async function server(
  context: TestContext,
  options?: TelemetryServerOptions,
): Promise<TelemetryServer> {
  // A reserved port: some tests end a server and start another one in its place.
  const started = await startTelemetryServer({ port: await freePort(), ...options });
  context.after(() => started.close());
  return started;
}

export async function play(context: TestContext, url: string, messages: readonly string[]) {
  const node = await playRecording(url, messages);
  context.after(() => node.kill());
  return node;
}

export function watch(
  context: TestContext,
  feeds: readonly TelemetryServer[],
  settings: Pick<TelemetrySettings, 'genesisHash' | 'watched'> & Partial<TelemetrySettings>,
): Telemetry {
  const telemetry = watchTelemetry({
    sources: feeds.map(({ feedUrl }, index) => ({ name: `feed-${index}`, url: feedUrl })),
    limits: { redialFirstMs: 50, redialLastMs: 200, subscribeMs: 50 },
    ...settings,
  });
  context.after(() => telemetry.close());
  return telemetry;
}

/** The sighting of a candidate that was seen; null while it is not known or not seen. */
export function seen(telemetry: Telemetry, key: string) {
  const fact = telemetry.report().sightings.get(key);
  assert.ok(fact !== undefined, `${key} is watched`);
  return fact.known ? fact.value : null;
}

export async function untilOnline(
  telemetry: Telemetry,
  key: string,
  timeoutMs = TIMEOUT.timeoutMs,
): Promise<void> {
  await waitFor(`${key} is online`, () => seen(telemetry, key)?.online === true, { ...TIMEOUT, timeoutMs });
}

export async function untilOffline(telemetry: Telemetry, key: string): Promise<void> {
  await waitFor(`${key} is offline`, () => seen(telemetry, key)?.online === false, TIMEOUT);
}
