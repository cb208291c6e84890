import type { ActionDoors } from '../doors.ts';
import { memberName } from '../member-name.ts';
import { type ExecutionContext, LeaseOver } from '../port.ts';
import type { Receipt } from '../receipt.ts';
import type { CommandEnd } from '../run-command.ts';
import { oneLine } from '../text.ts';
import { fileDigest, isApplied, noteApplied, type Release, readRelease } from './release.ts';
import { turnOf, WAITING } from './turn.ts';
import {
  filledCommand,
  parametersOf,
  settingsOf,
  type UpgradeContent,
  type UpgradeSettings,
} from './upgrade-content.ts';

const DEFAULT_APPLY_MS = 600_000;
const DEFAULT_HEALTH_MS = 30_000;
const HEALTHY = 'healthy';

interface UpgradeRun {
  readonly context: ExecutionContext;
  readonly doors: ActionDoors;
  readonly content: UpgradeContent;
  readonly settings: UpgradeSettings;
  readonly release: Release;
}

/**
 * Waits for its turn, applies the release, and reports whether it is healthy until all are. After a restart
 * it does not apply the release again: it cannot know how far the first run came, so it only checks the
 * health.
 */
export async function executeUpgrade(
  context: ExecutionContext,
  doors: ActionDoors,
  content: UpgradeContent,
): Promise<Receipt> {
  const own = context.progress().find(({ seat }) => seat === context.seat);
  if (own?.status === 'failed') return receipt('failed', own.detail);
  const settings = settingsOf(context.settings);
  const release = await readRelease(settings.releaseFile).catch(() => null);
  if (release?.sha256 !== content.sha256)
    return own?.status === HEALTHY
      ? done(content)
      : failed(context, 'the release file does not name the agreed release');
  const run: UpgradeRun = { context, doors, content, settings, release };
  if (own !== undefined && own.status !== WAITING) return untilAllHealthy(run, own.status === HEALTHY);
  if (await isApplied(settings.releaseFile, content.sha256)) return untilAllHealthy(run, false);
  if (own === undefined) await context.report(WAITING, content.version);
  const turn = await awaitTurn(run);
  return turn ?? apply(run);
}

/** Null if it is this member's turn. */
async function awaitTurn({ context, content }: UpgradeRun): Promise<Receipt | null> {
  let waitingFor: readonly number[] = content.order;
  for await (const height of context.heights()) {
    if (context.signal.aborted) break;
    if (height < context.startBlock) continue;
    if (height >= context.expiryBlock) break;
    const turn = turnOf(content, context.seat, height, context.progress());
    if (turn.turn === 'go') return null;
    if (turn.turn === 'halt') {
      const who = memberName(context.plan, turn.because.seat);
      return receipt('refused', `not begun: ${who} failed (${oneLine(turn.because.detail)})`);
    }
    waitingFor = turn.for;
  }
  throwIfStopped(context);
  const names = waitingFor.map((seat) => memberName(context.plan, seat)).join(', ');
  return receipt('expired', `not begun when the lease was over: it waited for ${names}`);
}

async function apply(run: UpgradeRun): Promise<Receipt> {
  const { context, doors, content, settings, release } = run;
  if ((await fileDigest(release.path)) !== content.sha256)
    return failed(context, `${release.path} is not the agreed release any more`);
  // Stored before the command runs, so that it does not run a second time after a crash.
  await context.report('started', content.version);
  await context.note(receipt('step', `applying ${content.version}`));
  // No signal, because a half upgraded machine is worse than a late upgrade.
  const end = await doors.run(filledCommand(settings.applyCommand, release), {
    timeoutMs: settings.applyTimeoutMs ?? DEFAULT_APPLY_MS,
  });
  if (end.result === 'failed') return failed(context, `the apply command failed: ${end.detail}`);
  return untilAllHealthy(run, false);
}

/**
 * Checks the health at each block, also of a member that was healthy: a release that fails later must not go
 * on to the next. Ends when all members are healthy, one has failed, or the lease is over.
 */
async function untilAllHealthy(run: UpgradeRun, wasHealthy: boolean): Promise<Receipt> {
  const { context, content, settings } = run;
  const { bakeBlocks = 0, healthTimeoutBlocks } = parametersOf(context.item);
  let isHealthy = wasHealthy;
  /** Since when it is well, and since when it is not. */
  let [wellFrom, illFrom]: (bigint | null)[] = [null, null];
  let last = 'its health was not checked yet';
  for await (const height of context.heights()) {
    if (isHealthy && isDecided(run)) return done(content);
    const health = await healthOf(run);
    if (context.signal.aborted) break;
    if (health.result === 'ok') {
      illFrom = null;
      wellFrom ??= height;
      if (isHealthy || height < wellFrom + BigInt(bakeBlocks)) continue;
      isHealthy = true;
      await noteApplied(settings.releaseFile, content.sha256);
      await context.report(HEALTHY, content.version);
      if (isDecided(run)) return done(content);
      continue;
    }
    last = oneLine(health.detail);
    wellFrom = null;
    illFrom ??= height;
    if (isHealthy) await context.report('unhealthy', last);
    isHealthy = false;
    if (height >= illFrom + BigInt(healthTimeoutBlocks))
      return failed(context, `not healthy in time: ${last}`);
  }
  throwIfStopped(context);
  return isHealthy ? done(content) : failed(context, `not healthy in time: ${last}`);
}

/** The end of the process is not the end of the lease. */
function throwIfStopped({ signal }: ExecutionContext): void {
  if (!(signal.reason instanceof LeaseOver)) signal.throwIfAborted();
}

/** Whether no member begins any more: all are healthy, or one has failed. */
function isDecided({ context, content }: UpgradeRun): boolean {
  const statusOf = new Map(context.progress().map(({ seat, status }) => [seat, status]));
  const all = content.order.map((seat) => statusOf.get(seat));
  return all.includes('failed') || all.every((status) => status === HEALTHY);
}

function done({ version }: UpgradeContent): Receipt {
  return receipt('done', `${version} runs and is healthy`);
}

function healthOf({ context, doors, settings, release }: UpgradeRun): Promise<CommandEnd> {
  return doors.run(filledCommand(settings.healthCommand, release), {
    timeoutMs: settings.healthTimeoutMs ?? DEFAULT_HEALTH_MS,
    signal: context.signal,
  });
}

async function failed(context: ExecutionContext, why: string): Promise<Receipt> {
  const text = oneLine(why);
  await context.report('failed', text);
  return receipt('failed', text);
}

function receipt(result: Receipt['result'], text: string): Receipt {
  return { action: 'upgrade', result, text, extrinsic: null };
}
