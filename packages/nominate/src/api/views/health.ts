import { counted } from '@watchbill/kit';
import type { z } from 'zod';
import { shownTime } from '../../checks/show.ts';
import { headsOf, oldHeads, type SnapshotBlock } from '../../rounds/heads.ts';
import type { SnapshotHead } from '../../snapshot/snapshot.ts';
import type { RoundRow } from '../../storage/port.ts';
import type { healthView } from '../shapes/history.ts';
import type { Site } from '../site.ts';

export type Health = z.output<typeof healthView>;
type Check = Health['checks'][number];

/** The health of the service at this moment. Each call measures again. */
export async function healthOf({ options, limits, reader }: Site): Promise<Health> {
  const nowMs = options.clock();
  const storage = await storageCheck(reader);
  const [of, newest, jobs] = storage.ok
    ? await Promise.all([
        reader.ask(({ standings }) => standings.of()),
        reader.ask(({ rounds }) => rounds.newest()),
        reader.ask(({ jobs }) => jobs.all()),
      ])
    : [null, null, []];
  const endpoints = (options.endpoints?.() ?? []).map(({ role, name, connected, height, atMs }) => ({
    role,
    name,
    connected,
    height: height?.toString() ?? null,
    atMs,
  }));
  const telemetry = (options.telemetry?.() ?? []).map(({ name, connected, sinceMs }) => ({
    name,
    connected,
    sinceMs,
  }));
  const head = storage.ok ? ((await reader.facts())?.head ?? null) : null;
  const ageMs = of === null ? null : Math.max(0, nowMs - of.takenAtMs);
  const checks = [
    storage,
    snapshotCheck(ageMs, limits.staleAfterMs),
    headsCheck(head, nowMs, limits.oldestHeadMs),
    ...roleChecks(endpoints),
  ];
  const failed = checks.filter(({ ok }) => !ok);
  const nextMs = jobs.find(({ name }) => name === 'round')?.nextMs ?? null;
  const parts = [...troubleText(failed), roundText(newest, nowMs), ...nextText(nextMs, nowMs)];
  return {
    healthy: failed.length === 0,
    said: { isWell: failed.length === 0, sentence: parts.join('; ') },
    version: options.version,
    upSinceMs: options.upSinceMs,
    nowMs,
    checks,
    snapshot: of === null || ageMs === null ? null : { digest: of.snapshot, takenAtMs: of.takenAtMs, ageMs },
    round: newest === null ? null : { id: newest.id, era: newest.era, madeAtMs: newest.madeAtMs },
    heads: head === null ? [] : headsOf(head).map((block) => shownHead(block, nowMs)),
    endpoints,
    telemetry,
  };
}

async function storageCheck(reader: Site['reader']): Promise<Check> {
  try {
    await reader.ask((store) => store.ping());
    return { name: 'storage', ok: true, detail: 'the database answers' };
  } catch {
    // The message may name a host or a file, so only the log shows it.
    return { name: 'storage', ok: false, detail: 'the database does not answer' };
  }
}

function snapshotCheck(ageMs: number | null, staleAfterMs: number): Check {
  const name = 'snapshot';
  if (ageMs === null) return { name, ok: false, detail: 'no snapshot has been judged yet' };
  const detail = `the newest is ${shownTime(ageMs)} old`;
  return ageMs <= staleAfterMs
    ? { name, ok: true, detail }
    : { name, ok: false, detail: `${detail}, more than ${shownTime(staleAfterMs)}` };
}

/** A hanging endpoint stays connected. The time of its blocks shows that it does not follow its chain. */
function headsCheck(head: SnapshotHead | null, nowMs: number, oldestMs: number | null): Check {
  const name = 'heads';
  if (head === null) return { name, ok: false, detail: 'no snapshot has been judged yet' };
  const old = oldHeads(head, nowMs, oldestMs);
  if (old !== null) return { name, ok: false, detail: `${old}, more than ${shownTime(oldestMs ?? 0)}` };
  return {
    name,
    ok: true,
    detail: oldestMs === null ? 'no bound is set' : 'the chains of the snapshot move',
  };
}

function shownHead({ role, height, atMs }: SnapshotBlock, nowMs: number): Health['heads'][number] {
  const ageMs = atMs === null ? null : Math.max(0, nowMs - atMs);
  return { role, height: height.toString(), atMs, ageMs };
}

/** A role is healthy while one of its endpoints is connected. */
function roleChecks(endpoints: Health['endpoints']): readonly Check[] {
  const roles = [...new Set(endpoints.map(({ role }) => role))];
  return roles.map((role) => {
    const all = endpoints.filter((one) => one.role === role);
    const connected = all.filter((one) => one.connected).length;
    return {
      name: role,
      ok: connected > 0,
      detail: `${connected} of ${counted(all.length, 'endpoint is', 'endpoints are')} connected`,
    };
  });
}

function troubleText([first, ...more]: readonly Check[]): readonly string[] {
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : `, and ${counted(more.length, 'more check')}`;
  return [`not healthy: ${first.name}: ${first.detail}${others}`];
}

function roundText(newest: RoundRow | null, nowMs: number): string {
  if (newest === null) return 'no round was decided yet';
  const { era, madeAtMs, nominatedCount } = newest;
  const nominated = counted(nominatedCount, 'validator');
  return `the newest round, of era ${era}, ended ${shownTime(nowMs - madeAtMs)} ago and nominated ${nominated}`;
}

function nextText(nextMs: number | null, nowMs: number): readonly string[] {
  if (nextMs === null) return [];
  const when = nextMs <= nowMs ? 'now' : `in ${shownTime(nextMs - nowMs)}`;
  return [`it checks ${when} if the next round is due`];
}
